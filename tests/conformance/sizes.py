"""Large messages, and the limit: exactly, by one byte, by the header alone, over many fragments."""

import contextlib

from cases import case, fails_with
from raw_client import BINARY, CONTINUATION, PING, TEXT, Failure, fragments, frame, header

KIB, MIB = 1024, 1024 * 1024
DATA = {"text": TEXT, "binary": BINARY}
LARGE = {"64-kib": 64 * KIB, "256-kib": 256 * KIB, "1-mib": MIB, "4-mib": 4 * MIB, "16-mib": 16 * MIB}


def payload_of(kind, size):
    unit = "a line of text, € included\n".encode() if kind == TEXT else bytes(range(251))
    return (b"." * (size % len(unit)) + unit * (size // len(unit)))[:size]


@case("sizes/{kind}-of-{size}", kind=DATA, size=LARGE)
def large(target, kind, size):
    """A {kind} message of {size} comes back."""
    with target.open() as connection:
        connection.send(frame(kind, payload_of(kind, size)))
        connection.expect_message(kind, payload_of(kind, size))


@case("sizes/{kind}-of-{size}-in-fragments-of-{piece}", kind=DATA, size={"1-mib": MIB, "16-mib": 16 * MIB}, piece=(4096, 65_536))
def large_in_fragments(target, kind, size, piece):
    """A {kind} message of {size} comes back when it comes in fragments of {piece} bytes."""
    with target.open() as connection:
        whole = payload_of(kind, size)
        connection.send(b"".join(fragments(kind, [whole[i : i + piece] for i in range(0, size, piece)])))
        connection.expect_message(kind, whole)


@case("sizes/1-mib-in-writes-of-{step}", step=(64, 1000, 65_536))
def large_in_writes(target, step):
    """A message of 1 MiB comes back when it is written {step} bytes at a time."""
    with target.open() as connection:
        connection.send(frame(TEXT, payload_of(TEXT, MIB)), step=step)
        connection.expect_message(TEXT, payload_of(TEXT, MIB))


@case("sizes/{kind}-exactly-at-the-limit", kind=DATA, small=True)
def at_the_limit(target, kind):
    """A {kind} message as large as the limit comes back."""
    with target.open() as connection:
        whole = payload_of(kind, target.max_message)
        connection.send(frame(kind, whole))
        connection.expect_message(kind, whole)


@case("sizes/fragments-exactly-at-the-limit", small=True)
def fragments_at_the_limit(target):
    """Fragments that are as large as the limit together come back, the control frames between them not counted."""
    with target.open() as connection:
        whole = payload_of(BINARY, target.max_message)
        third = len(whole) // 3
        for piece in fragments(BINARY, [whole[:third], whole[third : 2 * third], whole[2 * third :], b""])[:-1]:
            connection.send(piece + frame(PING, b"x" * 125))
            connection.expect_pong(b"x" * 125)
        connection.send(frame(CONTINUATION))
        connection.expect_message(BINARY, whole)


BEYOND = {"limit-plus-1": None, "2-to-the-31": 2**31, "2-to-the-32": 2**32, "2-to-the-62": 2**62, "2-to-the-63-minus-1": 2**63 - 1}


@case("sizes/{kind}-announced-{size}", kind=DATA, size=BEYOND, small=True)
def announced(target, kind, size):
    """The header alone of a {kind} message larger than the limit ({size}) fails the connection."""
    fails_with(target, [1009], header(kind, size or target.max_message + 1))


@case("sizes/announced-by-a-fragment", small=True)
def announced_by_a_fragment(target):
    """A first fragment larger than the limit fails the connection at its header."""
    fails_with(target, [1009], header(BINARY, target.max_message + 1, fin=False))


@case("sizes/announced-by-a-continuation-of-{size}", size=(1, 125, 65_536), small=True)
def announced_by_a_continuation(target, size):
    """A continuation of {size} bytes with which the message gets larger than the limit by one fails the connection at its header."""
    fails_with(target, [1009], frame(BINARY, bytes(target.max_message + 1 - size), fin=False), header(CONTINUATION, size))


@case("sizes/accumulated-over-fragments-of-{piece}", piece=(1000, 4096, 65_536), small=True)
def accumulated(target, piece):
    """Fragments of {piece} bytes that together exceed the limit fail the connection at the header of the one too many."""
    count = target.max_message // piece
    pieces = [bytes(piece)] * count + [bytes(target.max_message - count * piece)]
    whole = b"".join(fragments(BINARY, pieces + [b""])[:-1])
    fails_with(target, [1009], whole, header(CONTINUATION, 1))


@case("sizes/a-sum-that-wraps", small=True)
def wraps(target):
    """A continuation whose length makes the sum of both wrap around in 64 bits fails the connection."""
    fails_with(target, [1009], frame(BINARY, b"x" * 1000, fin=False), header(CONTINUATION, 2**63 - 1))


@case("sizes/announced-and-never-sent", small=True, alone=True)
def never_sent(target):
    """200 clients that announce a message as large as the limit, and send little of it, cost little memory."""
    before = target.peak_memory()
    with contextlib.ExitStack() as clients:
        for _ in range(200):
            clients.enter_context(target.open()).send(header(BINARY, target.max_message) + b"little")
        clients.enter_context(target.open()).expect_echo()
        spent = target.peak_memory() - before
    if spent > 32 * MIB:
        raise Failure(f"{spent} bytes for 200 clients")
