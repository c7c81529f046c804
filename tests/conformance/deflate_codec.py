"""permessage-deflate as a client speaks it, by Python's zlib (RFC 7692)."""

import contextlib
import zlib

from raw_client import BINARY, Failure, fragments, request

NAME = "permessage-deflate"
RSV1 = 4
TAIL = b"\x00\x00\xff\xff"


class Codec:
    """The client's half of an extension: what was agreed, in a response's words."""

    def __init__(self, response):
        name, *parameters = [part.strip() for part in response.split(";")]
        if name != NAME:
            raise Failure(f"the server answered with {response!r}")
        self.agreed = {}
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key in self.agreed:
                raise Failure(f"{key} twice in {response!r}")
            self.agreed[key] = value or None
        self._sent = self._heard = None

    def bits(self, key):
        return int(self.agreed.get(key) or 15)

    def deflate(self, message):
        if self._sent is None or "client_no_context_takeover" in self.agreed:
            # zlib has no window of 8; without back-references any window will do.
            bits = self.bits("client_max_window_bits")
            strategy = zlib.Z_HUFFMAN_ONLY if bits == 8 else zlib.Z_DEFAULT_STRATEGY
            self._sent = zlib.compressobj(wbits=-max(bits, 9), strategy=strategy)
        data = self._sent.compress(message) + self._sent.flush(zlib.Z_SYNC_FLUSH)
        return data[: -len(TAIL)]

    def inflate(self, got):
        """The payload of a frame from the server, compressed or not."""
        if got.rsv & ~RSV1 or not got.fin:
            raise Failure(f"{got} where a message should be")
        if not got.rsv:
            return got.payload
        if self._heard is None or "server_no_context_takeover" in self.agreed:
            self._heard = zlib.decompressobj(wbits=-self.bits("server_max_window_bits"))
        return self._heard.decompress(got.payload + TAIL)

    def expect_message(self, connection, opcode, message):
        got = connection.read_frame(f"a message of {len(message)} bytes")
        if got.opcode != opcode or self.inflate(got) != message:
            raise Failure(f"{got}; wanted opcode {opcode} with {len(message)} bytes {message[:40]!r}")

    def expect_round_trip(self, connection, opcode, message, pieces=1):
        data = self.deflate(message)
        size = max(1, -(-len(data) // pieces))
        cut = [data[i : i + size] for i in range(0, len(data), size)] or [b""]
        connection.send(b"".join(fragments(opcode, cut, RSV1)))
        self.expect_message(connection, opcode, message)


@contextlib.contextmanager
def compressing(target, offer=NAME):
    """A connection on which the offer was accepted, and its Codec."""
    with target.connect() as connection:
        connection.send(request(f"Sec-WebSocket-Extensions: {offer}"))
        response = connection.expect_upgrade().one("Sec-WebSocket-Extensions")
        if response is None:
            raise Failure(f"{offer!r} was declined")
        yield connection, Codec(response)


def event(i):
    return b'{"agent":"agent-%d","state":"busy","since":%d}' % (i % 100, i * 104_729)


def conversation(connection, codec):
    """Messages that resemble those before, some larger than any window, some that do not shrink."""
    noise = zlib.compress(b"".join(event(i) for i in range(2000)), 9)
    for i, message in enumerate((event(1) * 3, event(2) * 3, b"", event(3) * 2000, noise[:3000], b"x", event(4) * 20)):
        codec.expect_round_trip(connection, BINARY, message, pieces=1 + i % 3)
