"""What is negotiated of permessage-deflate (RFC 7692 §7.1), and that both sides keep to it."""

from cases import case
from deflate_codec import NAME, RSV1, compressing, conversation
from raw_client import TEXT, Failure, frame, request

FLAGS = {"no": False, "yes": True}
SERVER_BITS = {"none": None, **{bits: bits for bits in (8, 9, 12, 15)}}
CLIENT_BITS = {"none": None, "bare": "", **{bits: bits for bits in (8, 9, 12, 15)}}


@case("deflate/offer-server-no-context-{s}-client-no-context-{c}-server-bits-{sb}-client-bits-{cb}",
      compression=True, s=FLAGS, c=FLAGS, sb=SERVER_BITS, cb=CLIENT_BITS)
def combination(target, s, c, sb, cb):
    """An offer with server_no_context_takeover: {s}, client_no_context_takeover: {c}, server_max_window_bits: {sb}, client_max_window_bits:
    {cb} is accepted by a response that keeps to it, and messages are sent by what was agreed."""
    offer = [NAME, *(["server_no_context_takeover"] if s else []), *(["client_no_context_takeover"] if c else [])]
    offer += [f"server_max_window_bits={sb}"] if sb else []
    offer += ["client_max_window_bits" + (f"={cb}" if cb else "")] if cb is not None else []
    with compressing(target, "; ".join(offer)) as (connection, codec):
        agreed = codec.agreed
        if s and "server_no_context_takeover" not in agreed:
            raise Failure(f"server_no_context_takeover is missing in {agreed}")
        if sb and not (agreed.get("server_max_window_bits") and int(agreed["server_max_window_bits"]) <= sb):
            raise Failure(f"server_max_window_bits={sb} was answered with {agreed}")
        if "client_max_window_bits" in agreed and (cb is None or codec.bits("client_max_window_bits") > (cb or 15)):
            raise Failure(f"client_max_window_bits {cb!r} was answered with {agreed}")
        conversation(connection, codec)


DECLINED = {
    "unknown-parameter": "; window_bits=10",
    "unknown-flag": "; no_context_takeover",
    "server-bits-bare": "; server_max_window_bits",
    **{f"{side}-bits-{value}": f"; {side}_max_window_bits={value}" for side in ("server", "client")
       for value in ("0", "7", "16", "08", "010", "150", "-9", "+9", "abc", "9.0", "0x9")},
    "server-flag-with-value": "; server_no_context_takeover=true",
    "client-flag-with-value": "; client_no_context_takeover=1",
    **{f"{name.replace('_', '-')}-twice": f"; {name}; {name}" for name in
       ("server_no_context_takeover", "client_no_context_takeover", "client_max_window_bits")},
    "server-bits-twice": "; server_max_window_bits=10; server_max_window_bits=10",
    "client-bits-bare-and-10": "; client_max_window_bits; client_max_window_bits=10",
    "other-case": "; Server_No_Context_Takeover",
}


@case("deflate/declined-{offer}", offer=DECLINED)
def declined(target, offer):
    """An offer that the server must decline ({offer}) is passed over, and the connection is uncompressed (§7)."""
    with target.connect() as connection:
        connection.send(request(f"Sec-WebSocket-Extensions: {NAME}{offer}"))
        if (response := connection.expect_upgrade().one("Sec-WebSocket-Extensions")) is not None:
            raise Failure(f"answered with {response!r}")
        connection.expect_echo()
        connection.send(frame(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00", rsv=RSV1))
        connection.expect_close(1002)


@case("deflate/second-offer-behind-{offer}", compression=True, offer=DECLINED)
def second_offer(target, offer):
    """Of two offers the first acceptable one is taken, here the second, behind {offer}."""
    with compressing(target, f"{NAME}{offer}, {NAME}; server_max_window_bits=10") as (connection, codec):
        if codec.agreed.get("server_max_window_bits") != "10":
            raise Failure(f"answered with {codec.agreed}")
        conversation(connection, codec)


ACCEPTED = {
    "quoted-value": NAME + '; server_max_window_bits="10"',
    "blanks": f"  {NAME}\t;  server_max_window_bits  =  10 ",
    "empty-elements": f", ,{NAME}; server_max_window_bits=10,,",
    "another-extension-first": f"x-webkit-deflate-frame, {NAME}; server_max_window_bits=10",
    "another-extension-last": f"{NAME}; server_max_window_bits=10, bbf-usp-protocol; eid=\"x\"",
    "in-order-of-preference": f"{NAME}; server_max_window_bits=10, {NAME}; server_max_window_bits=12",
    "over-two-headers": f"foo\r\nSec-WebSocket-Extensions: {NAME}; server_max_window_bits=10",
}


@case("deflate/accepted-{offer}", compression=True, offer=ACCEPTED)
def accepted(target, offer):
    """An offer that is written in another way ({offer}) is accepted."""
    with compressing(target, offer) as (connection, codec):
        if codec.agreed.get("server_max_window_bits") != "10":
            raise Failure(f"answered with {codec.agreed}")
        conversation(connection, codec)


@case("deflate/nothing-unasked")
def nothing_unasked(target):
    """A server that was offered nothing answers nothing."""
    with target.connect() as connection:
        connection.send(request())
        if connection.expect_upgrade().all("Sec-WebSocket-Extensions"):
            raise Failure("an extension that was not offered")
