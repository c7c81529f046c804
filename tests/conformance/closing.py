"""Close frames: codes, reasons, and what comes before and after (RFC 6455 §5.5.1, §7)."""

import struct

from cases import case, fails_with
from raw_client import BINARY, CLOSE, PING, TEXT, Failure, close_frame, frame

# §7.4.1, IANA's registry (1012 to 1014), and the ranges of §7.4.2.
VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4001, 4500, 4999)
INVALID = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 32_768, 65_535)
BAD_REASONS = {
    "ff": b"\xff",
    "truncated": b"good so far \xe2\x82",
    "surrogate": b"\xed\xa0\x80",
    "overlong": b"\xc0\xaf",
    "beyond": b"\xf4\x90\x80\x80",
}


def closes_with(target, said, *codes):
    with target.open() as connection:
        connection.expect_echo()
        connection.send(said)
        connection.expect_close(*codes)


@case("closing/without-a-code")
def without_code(target):
    """A Close without a payload is answered with one without a payload, or with 1000."""
    closes_with(target, frame(CLOSE), None, 1000)


@case("closing/code-{code}", code=VALID)
def valid_code(target, code):
    """The code {code} is answered with the same code."""
    closes_with(target, close_frame(code), code)


@case("closing/code-{code}-with-a-reason", code=VALID)
def valid_code_with_reason(target, code):
    """The code {code} with a reason is answered with the same code."""
    closes_with(target, close_frame(code, "good-bye €".encode()), code)


@case("closing/code-{code}-is-refused", code=INVALID)
def invalid_code(target, code):
    """The code {code}, which may not be sent, fails the connection."""
    fails_with(target, [1002], close_frame(code))


@case("closing/code-{code}-is-refused-with-a-reason", code=INVALID)
def invalid_code_with_reason(target, code):
    """The code {code}, which may not be sent, fails the connection whatever its reason."""
    fails_with(target, [1002], close_frame(code, b"good-bye"))


@case("closing/payload-of-one-byte")
def one_byte(target):
    """A Close with half a code fails the connection."""
    fails_with(target, [1002], frame(CLOSE, b"\x03"))


@case("closing/reason-of-{size}", size=(1, 122, 123))
def reason(target, size):
    """A reason of {size} bytes is fine."""
    closes_with(target, close_frame(1000, b"x" * size), 1000)


@case("closing/reason-of-{size}-is-refused", size=(124, 125, 200))
def long_reason(target, size):
    """A reason of {size} bytes is more than a control frame holds."""
    fails_with(target, [1002], close_frame(1000, b"x" * size))


@case("closing/reason-not-utf8-{bad}", bad=BAD_REASONS)
def bad_reason(target, bad):
    """A reason that is not UTF-8 ({bad}) fails the connection: as data of the wrong type, or as a breach of the protocol."""
    fails_with(target, [1007, 1002], close_frame(1000, bad))


@case("closing/byte-by-byte")
def byte_by_byte(target):
    """A Close is answered when each byte is a write of its own."""
    with target.open() as connection:
        connection.send(close_frame(4321, b"good-bye"), step=1)
        connection.expect_close(4321)


BEHIND = {
    "text": frame(TEXT, b"ignored"),
    "binary": frame(BINARY, b"ignored"),
    "ping": frame(PING, b"ignored"),
    "close": close_frame(1001),
    "invalid-utf8": frame(TEXT, b"\xff"),
    "reserved-opcode": frame(3),
    "garbage": bytes(range(256)),
    "half-a-frame": frame(TEXT, b"ignored")[:5],
    "a-megabyte": frame(BINARY, bytes(1_000_000)),
}


@case("closing/{what}-behind-it", what=BEHIND)
def behind(target, what):
    """What comes behind a Close in the same segment ({what}) is ignored."""
    with target.open() as connection:
        connection.send(close_frame(1000) + what)
        connection.expect_close(1000)


@case("closing/{what}-later", what=BEHIND)
def later(target, what):
    """What is sent when the Close has been answered ({what}) is ignored and does no harm."""
    with target.open() as connection:
        connection.send(close_frame(1000))
        connection.expect_close(1000)
        connection.send(what)


@case("closing/behind-a-message")
def behind_a_message(target):
    """A message in the same segment as a Close may come back before the Close is answered, and not after."""
    with target.open() as connection:
        connection.send(frame(TEXT, b"last words") + close_frame(1000))
        got = connection.read_frame()
        if got.opcode == TEXT:
            got = connection.read_frame()
        if got.code != 1000:
            raise Failure(f"{got}; wanted Close 1000")
        connection.expect_end()


@case("closing/right-behind-the-handshake")
def at_once(target):
    """A connection that opens and closes at once is closed cleanly."""
    with target.open() as connection:
        connection.send(close_frame(1001))
        connection.expect_close(1001)


@case("closing/after-a-violation")
def after_violation(target):
    """A client that was failed and answers the Close is not answered again."""
    with target.open() as connection:
        connection.send(frame(3))
        connection.expect_close(1002)
        connection.send(close_frame(1002))
        connection.end_output()


@case("closing/end-of-stream-{when}", when={"between-frames": b"", "inside-a-frame": frame(TEXT, b"half")[:-2], "inside-a-header": b"\x81"})
def end_of_stream(target, when):
    """A client that ends its stream without a Close ({when}) has its connection ended; a Close may be said."""
    with target.open() as connection:
        connection.expect_echo()
        connection.send(when)
        connection.end_output()
        if not connection.has_ended():
            connection.expect_close(None, *VALID)


@case("closing/half-closed-behind-it")
def half_closed(target):
    """A Close and a FIN together: the Close is still answered."""
    with target.open() as connection:
        connection.send(struct.pack("!BBHHH", 0x88, 0x82, 0, 0, 1000))  # its mask key is zero
        connection.end_output()
        connection.expect_close(1000)
