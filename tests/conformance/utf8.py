"""Text that is UTF-8 and text that is not (RFC 6455 §8.1, RFC 3629), and how soon that is noticed."""

from cases import case, fails_with
from raw_client import BINARY, CONTINUATION, TEXT, fragments, frame, header

VALID = {
    "ascii": "plain text, DEL \x7f and NUL \x00 included",
    "two-bytes": "\u0080\u07ff äöü ßéñ λόγος",
    "three-bytes": "\u0800\uffff 日本語 €",
    "four-bytes": "\U00010000\U0010ffff 🔩",
    "around-the-surrogates": "\ud7ff\ue000",
    "noncharacters": "\ufdd0\ufffe\uffff\U0001fffe\U0010ffff",
    "replacement-character": "\ufffd",
    "byte-order-mark": "\ufeffmarked",
    "all-lengths": "aé€🔩" * 40,
    "greek": "Σὲ γνωρίζω ἀπὸ τὴν κόψη τοῦ σπαθιοῦ τὴν τρομερή",
    "right-to-left": "שלום עולם مرحبا بالعالم",
    "combining": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤",
    "joined-emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
}

# Bytes that no text can hold, the last of them the first at which that shows.
NEVER = {
    "lone-continuation-80": b"\x80",
    "lone-continuation-bf": b"\xbf",
    "two-continuations": b"\xc3\xa9\xa9",
    "lead-c0": b"\xc0",
    "lead-c1": b"\xc1",
    "lead-f5": b"\xf5",
    "lead-f8": b"\xf8",
    "lead-fc": b"\xfc",
    "lead-fe": b"\xfe",
    "lead-ff": b"\xff",
    "overlong-e0-80": b"\xe0\x80",
    "overlong-e0-9f": b"\xe0\x9f",
    "overlong-f0-80": b"\xf0\x80",
    "overlong-f0-8f": b"\xf0\x8f",
    "surrogate-d800": b"\xed\xa0",
    "surrogate-dfff": b"\xed\xbf",
    "beyond-u+10ffff": b"\xf4\x90",
    "beyond-u+13ffff": b"\xf4\xbf",
    "lead-after-lead-of-two": b"\xc3\xc3",
    "ascii-after-lead-of-two": b"\xc3a",
    "lead-after-lead-of-three": b"\xe2\xe2",
    "ascii-after-lead-of-three": b"\xe2a",
    "ascii-in-third-of-three": b"\xe2\x82a",
    "lead-in-third-of-three": b"\xe2\x82\xe2",
    "ascii-after-lead-of-four": b"\xf0a",
    "ascii-in-third-of-four": b"\xf0\x9fa",
    "ascii-in-last-of-four": b"\xf0\x9f\x94a",
    "lead-in-last-of-four": b"\xf0\x9f\x94\xf0",
    "e0-without-more": b"\xe0a",
    "ed-without-more": b"\xeda",
    "f4-without-more": b"\xf4a",
    "latin-1": "café".encode("latin-1") + b"s",
    "utf-16": "é".encode("utf-16-le"),
}

# Characters that break off: nothing is wrong but that there is no more.
TRUNCATED = {
    f"{name}-after-{size}": character.encode()[:size]
    for name, character in (("two", "é"), ("three", "€"), ("three-lowest", "\u0800"), ("three-below-surrogates", "\ud7ff"),
                            ("four", "🔩"), ("four-lowest", "\U00010000"), ("four-highest", "\U0010ffff"))
    for size in range(1, len(character.encode()))
}

FORE = {"at-the-beginning": b"", "after-ascii": b"good so far, and for long enough ", "after-characters": "aé€🔩".encode()}


@case("utf8/valid-{text}", text=VALID)
def valid(target, text):
    """Valid text ({text}) comes back as it is."""
    with target.open() as connection:
        connection.send(frame(TEXT, text.encode()))
        connection.expect_message(TEXT, text.encode())


@case("utf8/valid-{text}-in-fragments", text=VALID)
def valid_in_fragments(target, text):
    """Valid text ({text}) comes back when each of its bytes is a fragment."""
    with target.open() as connection:
        encoded = text.encode()
        connection.send(b"".join(fragments(TEXT, [encoded[i : i + 1] for i in range(len(encoded))])))
        connection.expect_message(TEXT, encoded)


@case("utf8/valid-{text}-byte-by-byte", text=VALID)
def valid_byte_by_byte(target, text):
    """Valid text ({text}) comes back when each of its bytes is a write of its own."""
    with target.open() as connection:
        connection.send(frame(TEXT, text.encode()), step=1)
        connection.expect_message(TEXT, text.encode())


@case("utf8/never-{bad}-{fore}", bad=NEVER, fore=FORE)
def never(target, bad, fore):
    """A text with what is not UTF-8 ({bad}, {fore}) fails the connection."""
    fails_with(target, [1007], frame(TEXT, fore + bad + b" and more"))


@case("utf8/never-{bad}-at-the-end", bad=NEVER)
def never_at_the_end(target, bad):
    """A text that ends with what is not UTF-8 ({bad}) fails the connection."""
    fails_with(target, [1007], frame(TEXT, b"good so far " + bad))


@case("utf8/never-{bad}-in-the-first-fragment", bad=NEVER)
def never_in_first_fragment(target, bad):
    """What is not UTF-8 ({bad}) in the first fragment fails the connection, before the message has ended."""
    fails_with(target, [1007], frame(TEXT, b"good so far " + bad, fin=False))


@case("utf8/never-{bad}-in-an-unfinished-frame", bad=NEVER)
def never_in_unfinished_frame(target, bad):
    """What is not UTF-8 ({bad}) fails the connection while most of its frame has not come yet."""
    said = b"good so far " + bad
    fails_with(target, [1007], header(TEXT, 10_000) + frame(TEXT, said)[6:])


@case("utf8/never-{bad}-byte-by-byte", bad=NEVER)
def never_byte_by_byte(target, bad):
    """What is not UTF-8 ({bad}) fails the connection when each byte is a fragment, at the byte that shows it."""
    with target.open() as connection:
        for i in range(len(bad)):
            connection.send(frame(TEXT if i == 0 else CONTINUATION, bad[i : i + 1], fin=False))
        connection.expect_close(1007)


@case("utf8/truncated-{bad}", bad=TRUNCATED)
def truncated(target, bad):
    """A text that ends inside a character ({bad}) fails the connection."""
    fails_with(target, [1007], frame(TEXT, b"good so far " + bad))


@case("utf8/truncated-{bad}-in-fragments", bad=TRUNCATED)
def truncated_in_fragments(target, bad):
    """A text that ends inside a character ({bad}) fails the connection when an empty last fragment ends it, and not sooner."""
    with target.open() as connection:
        first, last = fragments(TEXT, [b"good so far " + bad, b""])
        connection.send(first)
        connection.expect_pause()
        connection.send(last)
        connection.expect_close(1007)


@case("utf8/truncated-{bad}-then-another-message", bad=TRUNCATED)
def truncated_then_another(target, bad):
    """What a message ends with ({bad}) is not completed by the next one."""
    fails_with(target, [1007], frame(TEXT, bad) + frame(TEXT, b"\x80"))


@case("utf8/binary-{bad}", bad=NEVER)
def binary(target, bad):
    """A binary message may hold anything ({bad})."""
    with target.open() as connection:
        connection.send(b"".join(fragments(BINARY, [b"good so far " + bad, bad])))
        connection.expect_message(BINARY, b"good so far " + bad + bad)


@case("utf8/a-wrong-byte-far-inside")
def far_inside(target):
    """One wrong byte in the midst of 100,000 good ones fails the connection."""
    fails_with(target, [1007], frame(TEXT, "€".encode() * 20_000 + b"\xff" + "€".encode() * 20_000))


@case("utf8/nothing-is-remembered")
def nothing_remembered(target):
    """Text after binary and after text is judged anew."""
    with target.open() as connection:
        connection.send(frame(BINARY, b"\xe2\x82"))
        connection.expect_message(BINARY, b"\xe2\x82")
        connection.expect_echo("€".encode())
        connection.expect_echo("é".encode())
