"""Pings and pongs (RFC 6455 §5.5.2, §5.5.3)."""

from cases import case
from raw_client import PING, PONG, TEXT, Failure, frame

SIZES = (0, 1, 4, 5, 124, 125)


@case("pings/ping-{size}", size=SIZES)
def ping(target, size):
    """A ping of {size} bytes is answered with the same bytes."""
    payload = bytes((i * 37 + 128) % 256 for i in range(size))
    with target.open() as connection:
        connection.send(frame(PING, payload))
        connection.expect_pong(payload)
        connection.expect_echo()


@case("pings/ping-{size}-byte-by-byte", size=SIZES)
def ping_byte_by_byte(target, size):
    """A ping of {size} bytes is answered when each byte is a write of its own."""
    with target.open() as connection:
        connection.send(frame(PING, bytes(size)), step=1)
        connection.expect_pong(bytes(size))


@case("pings/pong-{size}", size=SIZES)
def unsolicited_pong(target, size):
    """A pong of {size} bytes that nobody asked for is not answered."""
    with target.open() as connection:
        connection.send(frame(PONG, bytes(size)))
        connection.expect_echo()


@case("pings/pong-then-ping")
def pong_then_ping(target):
    """Of an unsolicited pong and a ping only the ping is answered."""
    with target.open() as connection:
        connection.send(frame(PONG, b"unasked") + frame(PING, b"asked"))
        connection.expect_pong(b"asked")
        connection.expect_echo()


@case("pings/one-after-the-other")
def one_after_the_other(target):
    """Ten pings, each sent when the one before has been answered, are all answered."""
    with target.open() as connection:
        for i in range(10):
            connection.send(frame(PING, b"%d" % i))
            connection.expect_pong(b"%d" % i)


def expect_newest_pong(connection, count):
    """Pongs in the order of the pings, the last one among them; of the others any may be missing (§5.5.3)."""
    newest = -1
    while newest < count - 1:
        got = connection.read_frame("the newest pong")
        if got.opcode != PONG or int(got.payload) <= newest:
            raise Failure(f"{got} after the pong {newest}")
        newest = int(got.payload)


@case("pings/ten-in-one-segment")
def ten_in_one_segment(target):
    """Of ten pings in one write at least the newest is answered."""
    with target.open() as connection:
        connection.send(b"".join(frame(PING, b"%d" % i) for i in range(10)))
        expect_newest_pong(connection, 10)
        connection.expect_echo()


@case("pings/ten-byte-by-byte")
def ten_byte_by_byte(target):
    """Of ten pings in writes of one byte at least the newest is answered."""
    with target.open() as connection:
        connection.send(b"".join(frame(PING, b"%d" % i) for i in range(10)), step=1)
        expect_newest_pong(connection, 10)
        connection.expect_echo()


@case("pings/between-messages")
def between_messages(target):
    """A ping between two messages is answered, and both messages come back in their order."""
    with target.open() as connection:
        connection.send(frame(TEXT, b"one") + frame(PING, b"p") + frame(TEXT, b"two"))
        got = [connection.read_frame() for _ in range(3)]
        if sorted((f.opcode, f.payload) for f in got) != [(TEXT, b"one"), (TEXT, b"two"), (PONG, b"p")]:
            raise Failure("; ".join(map(str, got)))
        if [f.payload for f in got if f.opcode == TEXT] != [b"one", b"two"]:
            raise Failure("the messages changed their order")
