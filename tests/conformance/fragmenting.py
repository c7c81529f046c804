"""Messages in several frames, and what may and may not stand between them (RFC 6455 §5.4)."""

from cases import case, fails_with
from raw_client import BINARY, CONTINUATION, PING, PONG, TEXT, close_frame, fragments, frame

DATA = {"text": TEXT, "binary": BINARY}
MESSAGE = b"This one message is told in several pieces."


def pieces_of(count):
    """`MESSAGE` in that many pieces, the last with what is left over."""
    size = len(MESSAGE) // count
    return [MESSAGE[i * size : (i + 1) * size] for i in range(count - 1)] + [MESSAGE[(count - 1) * size :]]


@case("fragmenting/{kind}-in-{count}", kind=DATA, count=(2, 3, 10, 43))
def in_fragments(target, kind, count):
    """A {kind} message in {count} fragments comes back in one piece."""
    with target.open() as connection:
        connection.send(b"".join(fragments(kind, pieces_of(count))))
        connection.expect_message(kind, MESSAGE)
        connection.expect_echo()


@case("fragmenting/{kind}-in-{count}-writes", kind=DATA, count=(2, 3, 10))
def in_segments(target, kind, count):
    """A {kind} message comes back when each of its {count} fragments is a segment of its own."""
    with target.open() as connection:
        for piece in fragments(kind, pieces_of(count)):
            connection.expect_pause()
            connection.send(piece)
        connection.expect_message(kind, MESSAGE)


@case("fragmenting/{kind}-byte-by-byte", kind=DATA)
def byte_by_byte(target, kind):
    """A {kind} message in 5 fragments, with a ping in each gap, comes back when each byte is a write of its own."""
    with target.open() as connection:
        for i, piece in enumerate(fragments(kind, pieces_of(5))):
            connection.send(piece, step=1)
            if i < 4:
                connection.send(frame(PING, b"%d" % i), step=1)
                connection.expect_pong(b"%d" % i)
        connection.expect_message(kind, MESSAGE)


EMPTY = {
    "first": [b"", b"a", b"b"],
    "middle": [b"a", b"", b"b"],
    "last": [b"a", b"b", b""],
    "all": [b"", b"", b""],
    "a-thousand": [b""] * 1000 + [b"a"],
}


@case("fragmenting/{kind}-empty-{which}", kind=DATA, which=EMPTY)
def empty_fragments(target, kind, which):
    """A {kind} message with empty fragments ({which}) comes back."""
    with target.open() as connection:
        connection.send(b"".join(fragments(kind, which)))
        connection.expect_message(kind, b"".join(which))
        connection.expect_echo()


@case("fragmenting/65536-of-one-byte")
def very_many(target):
    """A message of 65,536 fragments of one byte each is admitted."""
    with target.open() as connection:
        whole = bytes(i % 251 for i in range(65_536))
        connection.send(b"".join(fragments(BINARY, [whole[i : i + 1] for i in range(len(whole))])))
        connection.expect_message(BINARY, whole)


@case("fragmenting/{control}-of-{size}-in-each-gap", control={"ping": PING, "pong": PONG}, size=(0, 1, 125))
def control_between(target, control, size):
    """A {control} of {size} bytes between fragments is heard at once, and the message is whole."""
    with target.open() as connection:
        *others, last = fragments(TEXT, pieces_of(4))
        for piece in others:
            connection.send(piece + frame(control, b"x" * size))
            if control == PING:
                connection.expect_pong(b"x" * size)
        connection.send(last)
        connection.expect_message(TEXT, MESSAGE)


@case("fragmenting/two-messages-in-one-segment")
def two_messages(target):
    """Two messages of two fragments each in one write come back one after the other."""
    with target.open() as connection:
        connection.send(b"".join(fragments(TEXT, [b"o", b"ne"]) + fragments(BINARY, [b"t", b"wo"])))
        connection.expect_message(TEXT, b"one")
        connection.expect_message(BINARY, b"two")


@case("fragmenting/continuation-without-start-{fin}", fin={"final": True, "not-final": False})
def no_start(target, fin):
    """A continuation ({fin}) without a message to continue fails the connection."""
    fails_with(target, [1002], frame(CONTINUATION, b"lost", fin=fin))


@case("fragmenting/continuation-after-a-message-of-{count}", count=(1, 2, 3))
def after_the_end(target, count):
    """A continuation behind the last of a message's {count} frames fails the connection."""
    with target.open() as connection:
        connection.send(b"".join(fragments(TEXT, pieces_of(count))))
        connection.expect_message(TEXT, MESSAGE)
        connection.send(frame(CONTINUATION, b"more"))
        connection.expect_close(1002)


@case("fragmenting/{second}-inside-{first}-{fin}", first=DATA, second=DATA, fin={"final": True, "not-final": False})
def message_inside(target, first, second, fin):
    """A new {second} message ({fin}) inside an unfinished {first} message fails the connection."""
    fails_with(target, [1002], frame(first, b"one", fin=False), frame(second, b"two", fin=fin))


@case("fragmenting/message-inside-behind-a-ping")
def message_inside_behind_ping(target):
    """A control frame does not end a message: a new one behind it fails the connection."""
    with target.open() as connection:
        connection.send(frame(TEXT, b"one", fin=False) + frame(PING, b"p"))
        connection.expect_pong(b"p")
        connection.send(frame(TEXT, b"two"))
        connection.expect_close(1002)


@case("fragmenting/close-inside-a-message")
def close_inside(target):
    """A Close between fragments is answered; the message is never finished."""
    with target.open() as connection:
        connection.send(frame(TEXT, b"one", fin=False) + close_frame(1000))
        connection.expect_close(1000)
