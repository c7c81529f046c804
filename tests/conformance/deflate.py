"""Messages that are sent by permessage-deflate (RFC 7692 §7.2), and what no compressor sends."""

import concurrent.futures
import time
import zlib

from cases import case, fails_with
from deflate_codec import NAME, RSV1, compressing, event
from raw_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Failure, fragments, frame, header

MIB = 1024 * 1024


@case("deflate/{kind}-of-{size}", compression=True, kind={"text": TEXT, "binary": BINARY},
      size=(0, 1, 63, 64, 125, 126, 127, 128, 1000, 65_535, 65_536, 1_000_000, 16 * MIB))
def round_trip(target, kind, size):
    """A compressed {kind} message of {size} bytes comes back."""
    with compressing(target) as (connection, codec):
        codec.expect_round_trip(connection, kind, (event(5) * (size // 40 + 1))[:size])


@case("deflate/{count}-messages-in-context", compression=True, count=(10, 1000))
def in_context(target, count):
    """{count} messages, of which each refers to those before, come back."""
    with compressing(target) as (connection, codec):
        sizes = []
        for i in range(count):
            data = codec.deflate(event(i))
            sizes.append(len(data))
            connection.send(frame(TEXT, data, rsv=RSV1))
            codec.expect_message(connection, TEXT, event(i))
        if "client_no_context_takeover" not in codec.agreed and max(sizes[5:]) >= sizes[0]:
            raise Failure(f"the sizes {sizes[:10]} show no context")


@case("deflate/fragments-{count}", compression=True, count=(2, 3, 100))
def in_fragments(target, count):
    """A compressed message in {count} fragments, only the first with RSV1, comes back."""
    with compressing(target) as (connection, codec):
        message = b"".join(event(i) for i in range(1000))
        codec.expect_round_trip(connection, TEXT, message, count)


@case("deflate/byte-by-byte", compression=True)
def byte_by_byte(target):
    """A compressed message comes back when each byte is a write of its own."""
    with compressing(target) as (connection, codec):
        connection.send(frame(TEXT, codec.deflate(event(1) * 10), rsv=RSV1), step=1)
        codec.expect_message(connection, TEXT, event(1) * 10)


@case("deflate/ping-between-fragments", compression=True)
def ping_between(target):
    """A ping between the fragments of a compressed message is answered, uncompressed."""
    with compressing(target) as (connection, codec):
        data = codec.deflate(event(1) * 10)
        connection.send(frame(TEXT, data[:5], fin=False, rsv=RSV1) + frame(PING, b"p" * 125))
        connection.expect_pong(b"p" * 125)
        connection.send(frame(CONTINUATION, data[5:]))
        codec.expect_message(connection, TEXT, event(1) * 10)


@case("deflate/uncompressed-between", compression=True)
def uncompressed_between(target):
    """Uncompressed messages may come between compressed ones, and leave the context alone."""
    with compressing(target) as (connection, codec):
        for i in range(5):
            codec.expect_round_trip(connection, TEXT, event(i) * 3)
            connection.send(frame(TEXT, event(i + 100)))
            codec.expect_message(connection, TEXT, event(i + 100))


EMPTY = {
    "one-byte": [b"\x00"],
    "no-byte": [b""],
    "two-empty-fragments": [b"", b""],
    "fixed-block": [b"\x02\x00"],
    "final-block": [b"\x03\x00"],
}


@case("deflate/empty-{form}", compression=True, form=EMPTY)
def empty(target, form):
    """An empty message, compressed as {form}, comes back as an empty one (§7.2.3.6)."""
    with compressing(target) as (connection, codec):
        connection.send(b"".join(fragments(TEXT, form, RSV1)))
        codec.expect_message(connection, TEXT, b"")
        codec.expect_round_trip(connection, TEXT, event(1))


# §7.2.3 and what zlib makes of odd ways to flush.
HELLO = {
    "one-block": b"\xf2\x48\xcd\xc9\xc9\x07\x00",
    "stored-block": b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
    "final-block": b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
    "two-blocks": b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
}


@case("deflate/hello-as-{form}", compression=True, form=HELLO)
def hello(target, form):
    """`Hello` as in RFC 7692 §7.2.3, as {form}, is read, and so is a message behind it."""
    with compressing(target, f"{NAME}; client_no_context_takeover") as (connection, codec):
        for _ in range(2):
            connection.send(frame(TEXT, form, rsv=RSV1))
            codec.expect_message(connection, TEXT, b"Hello")
        codec.expect_round_trip(connection, TEXT, event(1))


# ---- what may not be sent

WRONG = {"text": TEXT, "binary": BINARY}


@case("deflate/without-negotiation-rsv1-{kind}", kind=WRONG)
def rsv1_without(target, kind):
    """RSV1 on a {kind} message fails a connection that has not negotiated compression."""
    fails_with(target, [1002], frame(kind, HELLO["one-block"], rsv=RSV1))


def fails_compressed(target, code, *pieces):
    with compressing(target) as (connection, codec):
        codec.expect_round_trip(connection, TEXT, event(1))
        for piece in pieces:
            connection.send(piece)
        connection.expect_close(code)


@case("deflate/rsv1-on-{control}", compression=True, control={"ping": PING, "pong": PONG, "close": CLOSE})
def rsv1_on_control(target, control):
    """RSV1 on a {control} frame fails the connection (§6.1)."""
    fails_compressed(target, 1002, frame(control, b"\x03\xe8", rsv=RSV1))


@case("deflate/rsv1-on-continuation-of-{first}", compression=True, first={"compressed": RSV1, "uncompressed": 0})
def rsv1_on_continuation(target, first):
    """RSV1 on the continuation of a message that began {first} fails the connection (§6.1)."""
    fails_compressed(target, 1002, frame(BINARY, b"\xf2\x48", fin=False, rsv=first), frame(CONTINUATION, b"\xcd", rsv=RSV1))


@case("deflate/rsv-{rsv}", compression=True, rsv=(1, 2, 3, 5, 6, 7))
def other_bits(target, rsv):
    """Reserved bits {rsv}, RSV2 and RSV3 among them, fail the connection although compression was negotiated."""
    fails_compressed(target, 1002, frame(TEXT, HELLO["one-block"], rsv=rsv))


CORRUPT = {
    "block-type-3": b"\x07",
    "stored-length-without-complement": b"\x00\x05\x00\x00\x00Hello",
    "distance-too-far-back": zlib.compress(b"", 0)[2:3] + b"\xff" * 9,
    "zlib-header": zlib.compress(b"Hello" * 10),
    "gzip-header": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "all-ones": b"\xff" * 100,
    "plain-text": b"this is not compressed at all, and no block begins so",
    "breaks-off": HELLO["one-block"][:3],
    "stored-block-breaks-off": HELLO["stored-block"][:7],
}


@case("deflate/corrupt-{data}", compression=True, data=CORRUPT)
def corrupt(target, data):
    """What no compressor writes ({data}) fails the connection."""
    fails_compressed(target, 1007, frame(BINARY, data, rsv=RSV1))


@case("deflate/corrupt-{data}-in-fragments", compression=True, data=CORRUPT)
def corrupt_in_fragments(target, data):
    """What no compressor writes ({data}) fails the connection when it comes byte by byte in fragments."""
    fails_compressed(target, 1007, b"".join(fragments(BINARY, [data[i : i + 1] for i in range(len(data))], RSV1)))


@case("deflate/reference-to-a-forgotten-message", compression=True)
def forgotten(target):
    """Where client_no_context_takeover was agreed, a message that refers to the one before fails the connection."""
    with compressing(target, f"{NAME}; client_no_context_takeover") as (connection, codec):
        connection.send(frame(TEXT, HELLO["one-block"], rsv=RSV1))
        codec.expect_message(connection, TEXT, b"Hello")
        connection.send(frame(TEXT, b"\xf2\x00\x11\x00\x00", rsv=RSV1))
        connection.expect_close(1007)


@case("deflate/text-that-is-not-utf8-{bad}", compression=True, bad={"ff": b"\xff", "truncated": b"\xe2\x82", "surrogate": b"\xed\xa0\x80"})
def not_utf8(target, bad):
    """A compressed text that is not UTF-8 ({bad}) fails the connection."""
    with compressing(target) as (connection, codec):
        connection.send(frame(TEXT, codec.deflate(event(1) * 10 + bad), rsv=RSV1))
        connection.expect_close(1007)


# ---- the limit


@case("deflate/exactly-at-the-limit", compression=True, small=True)
def at_the_limit(target):
    """A message that inflates to exactly the limit comes back."""
    with compressing(target) as (connection, codec):
        codec.expect_round_trip(connection, BINARY, (event(1) * (target.max_message // 40))[: target.max_message])


@case("deflate/one-byte-beyond-the-limit", compression=True, small=True)
def beyond_the_limit(target):
    """A message that inflates to one byte more than the limit fails the connection."""
    with compressing(target) as (connection, codec):
        connection.send(frame(BINARY, codec.deflate(bytes(target.max_message + 1)), rsv=RSV1))
        connection.expect_close(1009)


@case("deflate/announced-beyond-the-limit", compression=True, small=True)
def announced(target):
    """A compressed frame that announces twice the limit fails the connection at its header."""
    fails_compressed(target, 1009, header(BINARY, 2 * target.max_message, rsv=RSV1))


def bomb():
    """1 GiB of zeros in 1 MiB."""
    deflater = zlib.compressobj(9, wbits=-15)
    block = deflater.compress(bytes(MIB)) + deflater.flush(zlib.Z_FULL_FLUSH)
    return block * 1024


@case("deflate/bomb-in-{count}-fragments", compression=True, small=True, alone=True, count=(1, 2, 100))
def one_bomb(target, count):
    """1 GiB of zeros in {count} fragments of 1 MiB in all is refused quickly, and costs no memory to speak of."""
    explode(target, count, 1)


@case("deflate/eight-bombs", compression=True, small=True, alone=True)
def eight_bombs(target):
    """Eight of them at the same time cost little more."""
    explode(target, 1, 8)


def explode(target, count, clients):
    data = bomb()
    piece = -(-len(data) // count)
    message = b"".join(fragments(BINARY, [data[i : i + piece] for i in range(0, len(data), piece)], RSV1))
    before, begun = target.peak_memory(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        for client in [pool.submit(fails_compressed, target, 1009, message) for _ in range(clients)]:
            client.result()
    spent, seconds = target.peak_memory() - before, time.monotonic() - begun
    if spent > 16 * MIB + clients * 4 * MIB:
        raise Failure(f"{clients} bombs cost {spent} bytes")
    if seconds > 5:
        raise Failure(f"{clients} bombs took {seconds:.1f} s")
