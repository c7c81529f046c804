"""The opening handshake (RFC 6455 §4.2): good ones, its limits, and those that never get finished."""

import contextlib
import time

from cases import case
from raw_client import TEXT, Failure, close_frame, frame, request

MAX_HEAD = 16 * 1024
MAX_FIELDS = 100
FIELDS = 5  # of a good request


def is_upgraded(target, data, step=None, pause=0):
    with target.connect() as connection:
        connection.send(data, step, pause)
        connection.expect_upgrade()
        connection.expect_echo()


def is_refused(target, status, data):
    """Answered with this status, and nothing behind it."""
    with target.connect() as connection:
        connection.send(data)
        response = connection.read_response(has_body=not data.startswith(b"HEAD "))
        if response.status != status:
            raise Failure(f"answered with {response.status} {response.body!r}; wanted {status}")
        wanted = "close, upgrade" if response.one("Upgrade") else "close"
        if (response.one("Connection") or "").lower() != wanted:
            raise Failure(f"a refusal with Connection: {response.one('Connection')}")
        connection.expect_end()
        return response


# ---- good ones

GOOD = {
    "usual": request(),
    "names-in-other-case": request().replace(b"Upgrade: w", b"uPGRADE: w").replace(b"Sec-WebSocket-Key", b"SEC-WEBSOCKET-KEY"),
    "values-in-other-case": request(Upgrade="WebSocket", Connection="UPGRADE"),
    "connection-list": request(Connection="keep-alive, Upgrade"),
    "connection-in-two-fields": request("Connection: Upgrade", Connection="keep-alive"),
    "upgrade-list": request(Upgrade="h2c, websocket"),
    "no-blanks": request().replace(b": ", b":"),
    "more-blanks": request().replace(b": ", b": \t ").replace(b"13\r\n", b"13 \t\r\n"),
    "target-with-query": request(first="GET /chat?room=1&since=%E2%82%AC HTTP/1.1"),
    "target-absolute": request(first="GET http://127.0.0.1/chat HTTP/1.1"),
    "host-with-port": request(Host="example.org:9002"),
    "host-ipv6": request(Host="[::1]:9002"),
    "origin-of-the-same-host": request("Origin: http://127.0.0.1"),
    "field-of-8-bit-characters": request("X-Name: caf\xe9"),
    "empty-field": request("X-Empty:"),
    "content-length-0": request("Content-Length: 0"),
    "subprotocols": request("Sec-WebSocket-Protocol: chat, superchat"),
}


@case("handshake/good-{form}", form=GOOD)
def good(target, form):
    """A good handshake ({form}) is accepted."""
    is_upgraded(target, form)


@case("handshake/subprotocol-is-not-invented")
def no_subprotocol(target):
    """Where the application selects no subprotocol, none is in the response."""
    with target.connect() as connection:
        connection.send(request("Sec-WebSocket-Protocol: chat"))
        if connection.expect_upgrade().all("Sec-WebSocket-Protocol"):
            raise Failure("a subprotocol that nobody selected")


@case("handshake/in-writes-of-{step}", step=(1, 2, 7, 100))
def in_writes(target, step):
    """A handshake is accepted when it comes {step} bytes at a time."""
    is_upgraded(target, request(), step, 0.001)


@case("handshake/cut-at-every-byte-of-its-end")
def cut_at_the_end(target):
    """A handshake is accepted wherever the empty line at its end is cut."""
    for behind in range(1, 6):
        with target.connect() as connection:
            connection.send(request()[:-behind])
            connection.expect_pause()
            connection.send(request()[-behind:])
            connection.expect_upgrade()


@case("handshake/frames-behind-it")
def frames_behind(target):
    """Frames in the same segment as the handshake are honoured."""
    with target.connect() as connection:
        connection.send(request() + frame(TEXT, b"one") + frame(TEXT, b"two"))
        connection.expect_upgrade()
        connection.expect_message(TEXT, b"one")
        connection.expect_message(TEXT, b"two")


@case("handshake/close-behind-it")
def close_behind(target):
    """A Close in the same segment as the handshake is answered."""
    with target.connect() as connection:
        connection.send(request() + close_frame(1000))
        connection.expect_upgrade()
        connection.expect_close(1000)


@case("handshake/half-a-frame-behind-it")
def half_a_frame_behind(target):
    """A frame of which the first half comes with the handshake is read when the rest has come."""
    with target.connect() as connection:
        whole = frame(TEXT, b"in two halves")
        connection.send(request() + whole[:9])
        connection.expect_upgrade()
        connection.send(whole[9:])
        connection.expect_message(TEXT, b"in two halves")


@case("handshake/violation-behind-it")
def violation_behind(target):
    """A frame that is wrong, in the same segment as the handshake, fails the connection after the handshake's response."""
    with target.connect() as connection:
        connection.send(request() + frame(3))
        connection.expect_upgrade()
        connection.expect_close(1002)


@case("handshake/large-message-behind-it")
def large_behind(target):
    """A message larger than any read, begun in the same segment as the handshake, comes back."""
    with target.connect() as connection:
        payload = bytes(i % 251 for i in range(300_000))
        connection.send(request() + frame(2, payload))
        connection.expect_upgrade()
        connection.expect_message(2, payload)


# ---- limits


def with_head_of(size):
    return request("X-Padding: " + "x" * (size - len(request("X-Padding: "))))


@case("handshake/head-of-{size}", size=(8000, 8192, 12_000, MAX_HEAD))
def large_head(target, size):
    """A head of {size} bytes is accepted."""
    is_upgraded(target, with_head_of(size))


@case("handshake/head-of-{size}-is-refused", size=(MAX_HEAD + 1, 20_000, 100_000))
def too_large_head(target, size):
    """A head of {size} bytes is refused."""
    is_refused(target, 431, with_head_of(size))


@case("handshake/head-without-end")
def head_without_end(target):
    """A field without end is refused as soon as the limit is exceeded."""
    is_refused(target, 431, request()[:-2] + b"X-Padding: " + b"x" * MAX_HEAD)


@case("handshake/long-target-is-refused")
def long_target(target):
    """A request line longer than the limit is refused."""
    is_refused(target, 414, request(first="GET /" + "x" * MAX_HEAD + " HTTP/1.1"))


@case("handshake/fields-{count}", count=(FIELDS + 1, MAX_FIELDS - 1, MAX_FIELDS))
def many_fields(target, count):
    """{count} fields are accepted."""
    is_upgraded(target, request(*["X: y"] * (count - FIELDS)))


@case("handshake/fields-{count}-are-refused", count=(MAX_FIELDS + 1, 200, 1000))
def too_many_fields(target, count):
    """{count} fields are refused."""
    is_refused(target, 431, request(*["X: y"] * (count - FIELDS)))


# ---- half ones


@case("handshake/ends-after-{share}-percent", share=(0, 1, 50, 99))
def ends(target, share):
    """A client that goes after {share} percent of its handshake has its connection ended."""
    with target.connect() as connection:
        connection.send(request()[: len(request()) * share // 100])
        connection.end_output()
        connection.expect_end()


SLOW = {"silent": b"", "half": request()[:50], "all-but-the-last-byte": request()[:-1]}


def ends_in_time(target, begun, connection):
    connection.expect_end(reset_is_fine=True)
    seconds = time.monotonic() - begun
    if not 0.9 * target.handshake_timeout < seconds < target.handshake_timeout + 1.5:
        raise Failure(f"ended after {seconds:.2f} s; the limit is {target.handshake_timeout} s")


@case("handshake/slow-{form}", small=True, form=SLOW)
def slow(target, form):
    """A client that says too little ({form}) is cut off at the deadline."""
    begun = time.monotonic()
    with target.connect() as connection:
        connection.send(form)
        ends_in_time(target, begun, connection)


@case("handshake/slow-drops-of-{step}-each-{pause}", small=True, step=(1, 10), pause={"100-ms": 0.1, "300-ms": 0.3})
def drops(target, step, pause):
    """The deadline is one for the whole handshake: {step} bytes each {pause} do not extend it."""
    begun = time.monotonic()
    with target.connect() as connection:
        with contextlib.suppress(ConnectionError):
            connection.send(request(), step, pause)
        ends_in_time(target, begun, connection)
