"""Frames of every length, cut anywhere, and headers that RFC 6455 §5.2 forbids."""

from cases import case, fails_with
from raw_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Failure, frame, header

DATA = {"text": TEXT, "binary": BINARY}
ALL = {**DATA, "continuation": CONTINUATION, "close": CLOSE, "ping": PING, "pong": PONG}
CONTROL = {"close": CLOSE, "ping": PING, "pong": PONG}
SIZES = (0, 1, 2, 7, 8, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537)
RESERVED = (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)


def payload_of(kind, size):
    return bytes(i % 95 + 32 for i in range(size)) if kind == TEXT else bytes(i * 7 % 256 for i in range(size))


@case("framing/{kind}-{size}", kind=DATA, size=SIZES)
def any_length(target, kind, size):
    """A {kind} message of {size} bytes comes back as it is."""
    with target.open() as connection:
        connection.send(frame(kind, payload_of(kind, size)))
        connection.expect_message(kind, payload_of(kind, size))
        connection.expect_echo()


@case("framing/{kind}-{size}-byte-by-byte", kind=DATA, size=(0, 1, 125, 126, 127, 65_535, 65_536))
def byte_by_byte(target, kind, size):
    """A {kind} message of {size} bytes comes back when each byte is a write of its own."""
    with target.open() as connection:
        connection.send(frame(kind, payload_of(kind, size)), step=1)
        connection.expect_message(kind, payload_of(kind, size))


@case("framing/{kind}-{size}-in-writes-of-{step}", kind=DATA, size=(65_535, 65_536, 1_000_000), step=(997, 16_384))
def in_writes(target, kind, size, step):
    """A {kind} message of {size} bytes comes back when it is written {step} bytes at a time."""
    with target.open() as connection:
        connection.send(frame(kind, payload_of(kind, size)), step=step)
        connection.expect_message(kind, payload_of(kind, size))


@case("framing/header-of-{size}-cut-at-{cut}", size=(0, 5, 126, 65_536), cut=range(1, 15),
      where=lambda size, cut: cut < len(header(BINARY, size)) + min(size, 1))
def cut_header(target, size, cut):
    """A message of {size} bytes comes back when its first {cut} bytes come alone."""
    with target.open() as connection:
        whole = frame(BINARY, payload_of(BINARY, size))
        connection.send(whole[:cut])
        connection.expect_pause()
        connection.send(whole[cut:])
        connection.expect_message(BINARY, payload_of(BINARY, size))


@case("framing/many-in-one-segment")
def many(target):
    """100 messages in one write come back in their order, the half one behind them when its rest has come."""
    with target.open() as connection:
        last = frame(TEXT, b"the last")
        connection.send(b"".join(frame(TEXT, b"%d" % i) for i in range(100)) + last[:9])
        for i in range(100):
            connection.expect_message(TEXT, b"%d" % i)
        connection.send(last[9:])
        connection.expect_message(TEXT, b"the last")


@case("framing/mask-{key}", key={"of-zeros": bytes(4), "of-ones": b"\xff" * 4, "of-one-bit": b"\0\0\0\1"})
def any_mask(target, key):
    """A mask key {key} is as good as another."""
    with target.open() as connection:
        connection.send(frame(BINARY, payload_of(BINARY, 1000), key=key))
        connection.expect_message(BINARY, payload_of(BINARY, 1000))


@case("framing/rsv-{rsv}-on-{opcode}", rsv=range(1, 8), opcode=ALL)
def reserved_bits(target, rsv, opcode):
    """Reserved bits {rsv} on a {opcode} frame fail the connection where no extension was negotiated."""
    before = [frame(TEXT, b"a", fin=False)] if opcode == CONTINUATION else []
    fails_with(target, [1002], *before, frame(opcode, b"", rsv=rsv))


@case("framing/opcode-{opcode}", opcode=RESERVED)
def reserved_opcode(target, opcode):
    """A frame with the reserved opcode {opcode} and no payload fails the connection."""
    fails_with(target, [1002], frame(opcode))


@case("framing/opcode-{opcode}-with-payload", opcode=RESERVED)
def reserved_opcode_with_payload(target, opcode):
    """A frame with the reserved opcode {opcode} fails the connection at its header, before its payload has come."""
    fails_with(target, [1002], header(opcode, 100))


@case("framing/opcode-{opcode}-inside-a-message", opcode=RESERVED)
def reserved_opcode_inside(target, opcode):
    """A frame with the reserved opcode {opcode} between the fragments of a message fails the connection."""
    fails_with(target, [1002], frame(TEXT, b"a", fin=False), frame(opcode, b"b"))


@case("framing/violation-behind-a-message")
def behind_a_message(target):
    """A message and a violation in one write: the message may come back, and then the connection is failed."""
    with target.open() as connection:
        connection.send(frame(TEXT, b"good") + frame(3))
        got = connection.read_frame()
        if got.opcode == TEXT:
            got = connection.read_frame()
        if got.code != 1002:
            raise Failure(f"{got}; wanted Close 1002")
        connection.expect_end()


@case("framing/unmasked-{opcode}", opcode=ALL)
def unmasked(target, opcode):
    """A {opcode} frame that is not masked fails the connection (§5.1)."""
    before = [frame(TEXT, b"a", fin=False)] if opcode == CONTINUATION else []
    fails_with(target, [1002], *before, frame(opcode, b"\x03\xe8" if opcode == CLOSE else b"hello", key=None))


@case("framing/length-{size}-in-{form}-bytes", size=(0, 1, 125, 126, 65_535), form=(2, 8), where=lambda size, form: size < 126 or form == 8)
def longer_than_shortest(target, size, form):
    """A length of {size} in {form} bytes, which is not the shortest form, fails the connection at the header."""
    fails_with(target, [1002], header(BINARY, size, form=form))


@case("framing/length-of-2-to-the-{power}", power=(63, 64))
def top_bit(target, power):
    """A length whose highest bit is set fails the connection: it is forbidden, and too large as well."""
    fails_with(target, [1002, 1009], header(BINARY, 2**63 if power == 63 else 2**64 - 1))


@case("framing/{opcode}-of-{size}", opcode=CONTROL, size=(126, 65_535, 65_536))
def long_control(target, opcode, size):
    """A {opcode} frame of {size} bytes fails the connection at its header (§5.5)."""
    fails_with(target, [1002], header(opcode, size))


@case("framing/fragmented-{opcode}", opcode=CONTROL)
def fragmented_control(target, opcode):
    """A {opcode} frame that is not final fails the connection (§5.5)."""
    fails_with(target, [1002], frame(opcode, b"\x03\xe8", fin=False))
