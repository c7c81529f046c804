"""A WebSocket client that says whatever it is told to, right or wrong. Nothing is checked but what comes back."""

import base64
import dataclasses
import hashlib
import select
import socket
import struct
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients"))

from harness import PATIENCE_SECONDS, Failure  # noqa: E402

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def masked_with(key, payload):
    """XOR, as one large number, because a loop would take seconds for what is tested here."""
    whole = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")).to_bytes(len(payload), "big")


def header(opcode, size, fin=True, rsv=0, key=b"\x12\x34\x56\x78", form=None):
    """`form`: bytes of the extended length, 0, 2 or 8; the shortest unless said otherwise. Without a key the frame is unmasked."""
    if form is None:
        form = 0 if size < 126 else 2 if size < 65536 else 8
    mask = 0x80 if key is not None else 0
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    if form == 0:
        length = bytes([mask | size])
    else:
        length = struct.pack("!BH", mask | 126, size) if form == 2 else struct.pack("!BQ", mask | 127, size)
    return bytes([first]) + length + (key or b"")


def frame(opcode, payload=b"", fin=True, rsv=0, key=b"\x12\x34\x56\x78", form=None):
    head = header(opcode, len(payload), fin, rsv, key, form)
    return head + (masked_with(key, payload) if key is not None else payload)


def close_frame(code, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


def fragments(opcode, pieces, rsv=0):
    """A message in as many frames as there are pieces."""
    last = len(pieces) - 1
    return [frame(opcode if i == 0 else CONTINUATION, piece, i == last, rsv if i == 0 else 0) for i, piece in enumerate(pieces)]


def request(*lines, first="GET / HTTP/1.1", without=(), **replaced):
    """The bytes of a good handshake, but for `lines` that are added, headers left out, and headers with another value."""
    fields = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13"}
    fields |= {name.replace("_", "-"): value for name, value in replaced.items()}
    kept = [f"{name}: {value}" for name, value in fields.items() if name not in without]
    return "\r\n".join([first, *kept, *lines, "", ""]).encode("latin-1")


@dataclasses.dataclass
class Response:
    status: int
    headers: list  # of (name in lower case, value)
    body: bytes

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    def one(self, name):
        """The value of a header that is there at most once."""
        values = self.all(name)
        if len(values) > 1:
            raise Failure(f"{len(values)} headers {name} in the response")
        return values[0] if values else None


@dataclasses.dataclass
class Frame:
    fin: bool
    rsv: int
    opcode: int
    payload: bytes

    @property
    def code(self):
        """Of a Close frame; None when it carries none."""
        return struct.unpack("!H", self.payload[:2])[0] if len(self.payload) >= 2 else None

    def __str__(self):
        what = f"Close {self.code} {self.payload[2:]!r}" if self.opcode == CLOSE else f"opcode {self.opcode}"
        return f"a frame: {what}, fin {int(self.fin)}, rsv {self.rsv}, {len(self.payload)} bytes {self.payload[:40]!r}"


class Connection:
    """TCP, and what is read from it. Every wait ends after PATIENCE_SECONDS with a Failure."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    # What it says

    def send(self, data, step=None, pause=0):
        """In writes of `step` bytes, with a pause between them; at once unless said otherwise."""
        for at in range(0, len(data), step or max(len(data), 1)):
            if at > 0 and pause:
                time.sleep(pause)
            self._socket.sendall(data[at : at + (step or len(data))])

    def end_output(self):
        """FIN: nothing more will be said."""
        self._socket.shutdown(socket.SHUT_WR)

    # What it hears

    def _receive(self, what):
        try:
            data = self._socket.recv(1 << 18)
        except TimeoutError:
            raise Failure(f"waited in vain for {what}; there are {bytes(self._buffer[:80])!r}") from None
        self._buffer += data
        return bool(data)

    def _take(self, size, what):
        while len(self._buffer) < size:
            if not self._receive(what):
                raise Failure(f"the connection ended instead of {what}; there were {bytes(self._buffer[:80])!r}")
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def read_response(self, has_body=True):
        """An HTTP response, its body by Content-Length."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not self._receive("an HTTP response"):
                raise Failure(f"the connection ended instead of an HTTP response; there were {bytes(self._buffer[:80])!r}")
        first, *lines = self._take(end + 4, "")[:-4].decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines)]
        response = Response(int(first.split(" ")[1]), headers, b"")
        if has_body:
            response.body = self._take(int(response.one("Content-Length") or 0), "the response's body")
        return response

    def read_frame(self, what="a frame"):
        """The next frame that is not one of the server's own pings. What a server may not send is a Failure."""
        while True:
            first, second = self._take(2, what)
            if second & 0x80:
                raise Failure("the server masked a frame")
            size, form = second & 0x7F, {126: 2, 127: 8}.get(second & 0x7F, 0)
            if form:
                size = int.from_bytes(self._take(form, what), "big")
            if size <= {0: -1, 2: 125, 8: 65535}[form]:
                raise Failure(f"the server wrote a length of {size} in {form} bytes")
            got = Frame(bool(first & 0x80), first >> 4 & 7, first & 15, self._take(size, what))
            if got.opcode >= 8 and (size > 125 or not got.fin):
                raise Failure(f"{got}, which no control frame may be")
            if got.opcode != PING:
                return got

    # What it expects

    def expect_upgrade(self):
        """The 101; anything wrong in it is a Failure."""
        response = self.read_response()
        if response.status != 101:
            raise Failure(f"the handshake was answered with {response.status} {response.body!r}")
        wanted = base64.b64encode(hashlib.sha1(KEY.encode() + ACCEPT_SUFFIX).digest()).decode()
        if response.one("Sec-WebSocket-Accept") != wanted:
            raise Failure(f"Sec-WebSocket-Accept is {response.one('Sec-WebSocket-Accept')}, not {wanted}")
        if (response.one("Upgrade") or "").lower() != "websocket" or (response.one("Connection") or "").lower() != "upgrade":
            raise Failure(f"a 101 with the headers {response.headers}")
        return response

    def expect_message(self, opcode, payload):
        """An uncompressed message in one frame."""
        got = self.read_frame(f"a message of {len(payload)} bytes")
        if (got.fin, got.rsv, got.opcode) != (True, 0, opcode) or got.payload != payload:
            raise Failure(f"{got}; wanted opcode {opcode} with {len(payload)} bytes {payload[:40]!r}")

    def expect_pong(self, payload):
        self.expect_message(PONG, payload)

    def expect_close(self, *codes):
        """A Close frame with one of these codes (None: without any), then the end of the stream, and nothing in between."""
        got = self.read_frame(f"Close {codes}")
        if got.opcode != CLOSE or got.code not in codes:
            raise Failure(f"{got}; wanted Close {' or '.join(map(str, codes))}")
        got.payload[2:].decode("utf-8")
        self.expect_end()

    def expect_end(self, reset_is_fine=False):
        """Nothing more but the end, and no reset unless that is fine."""
        try:
            more = self._buffer or self._receive("the end")
        except ConnectionResetError:
            if not reset_is_fine:
                raise Failure("the connection was reset where the end should be") from None
            more = False
        if more:
            raise Failure(f"{bytes(self._buffer[:80])!r} where the end should be")

    def has_ended(self):
        """The next thing is the end of the stream; waits for the next thing."""
        return not self._buffer and not self._receive("anything")

    def expect_pause(self):
        """Nothing is said for long enough that the server has read what was sent."""
        if self._buffer or select.select([self._socket], [], [], 0.02)[0]:
            raise Failure(f"{self.read_frame()} too early")

    def expect_echo(self, text=b"still here"):
        """The connection is alive, and nothing unexpected has been said before."""
        self.send(frame(TEXT, text))
        self.expect_message(TEXT, text)
