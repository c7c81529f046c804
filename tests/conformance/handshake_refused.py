"""What is refused before the first frame: bytes that are no HTTP (RFC 9112), and requests that are no handshake (RFC 6455 §4.2.1)."""

import base64

from cases import case
from handshake import is_refused
from raw_client import KEY, TEXT, Failure, frame, request

# ---- malformed

MALFORMED = {
    "bare-lf-everywhere": request().replace(b"\r\n", b"\n"),
    "bare-lf-in-one-line": request().replace(b"websocket\r\n", b"websocket\n"),
    "bare-lf-in-a-value": request("X-A: b\nX-B: c"),
    "bare-cr-in-a-value": request("X-A: b\rX-B: c"),
    "bare-cr-at-the-end-of-a-value": request("X-A: b\r"),
    "nul-in-a-value": request("X-A: b\0c"),
    "nul-in-a-name": request("X\0A: b"),
    "control-character-in-a-value": request("X-A: b\x01"),
    "del-in-a-value": request("X-A: b\x7f"),
    "folded-line": request("X-A: b", " folded"),
    "folded-line-with-tab": request("X-A: b", "\tfolded"),
    "folded-first-line": request(first="GET / HTTP/1.1\r\n X: y"),
    "blank-before-colon": request("X-A : b"),
    "blank-before-colon-of-host": request("Host : 127.0.0.1", without=["Host"]),
    "tab-before-colon": request("X-A\t: b"),
    "blank-in-a-name": request("X A: b"),
    "no-colon": request("X-A"),
    "no-name": request(": b"),
    "8-bit-name": request("caf\xe9: b"),
    "no-host": request(without=["Host"]),
    "two-hosts": request("Host: 127.0.0.1"),
    "two-different-hosts": request("Host: example.org"),
    **{f"host-{host}": request(Host=host) for host in ("a b", "a/b", "a@b", "a:b:c", "a:9x", "[::1", "[::1]9", "a#b", "a,b c", "<a>")},
    "content-length-5": request("Content-Length: 5"),
    "content-length-negative": request("Content-Length: -1"),
    "content-length-list": request("Content-Length: 0, 0"),
    "transfer-encoding": request("Transfer-Encoding: chunked"),
    "two-blanks-in-the-request-line": request(first="GET  / HTTP/1.1"),
    "blank-behind-the-version": request(first="GET / HTTP/1.1 "),
    "tab-in-the-request-line": request(first="GET\t/ HTTP/1.1"),
    "no-target": request(first="GET HTTP/1.1"),
    "no-version": request(first="GET /"),
    "blank-in-the-target": request(first="GET /a b HTTP/1.1"),
    "8-bit-target": request(first="GET /caf\xe9 HTTP/1.1"),
    "control-character-in-the-target": request(first="GET /\x01 HTTP/1.1"),
    "line-injected-in-the-target": request(first="GET /\r\nX-Injected: yes HTTP/1.1"),
    "method-no-token": request(first="G(T / HTTP/1.1"),
    "version-in-lower-case": request(first="GET / http/1.1"),
    "version-without-minor": request(first="GET / HTTP/1"),
    "version-with-two-digits": request(first="GET / HTTP/1.10"),
    "another-protocol": request(first="GET / ICY/1.1"),
    "empty-line-first": b"\r\n" + request(),
    "blank-first": b" " + request(),
    "tls-hello": bytes.fromhex("16030100c8010000c40303") + bytes(range(193)) + b"\r\n\r\n",
    "socks-hello": b"\x05\x01\x00",
    "proxy-protocol-v2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12),
    "garbage-of-ones": b"\xff" * 64,
    "garbage-of-zeros": bytes(64),
    "garbage-of-everything": bytes(range(256)),
    "a-frame": frame(TEXT, b"hello"),
}


@case("handshake/malformed-{form}", form=MALFORMED)
def malformed(target, form):
    """A request that is no HTTP/1.1, or could be understood in two ways ({form}), is refused with 400."""
    is_refused(target, 400, form)


@case("handshake/nothing-is-reflected")
def nothing_reflected(target):
    """No line of a request finds its way into the response's head."""
    with target.connect() as connection:
        injecting = "GET /%0d%0aX-Injected:%20y HTTP/1.1"
        connection.send(request("Sec-WebSocket-Protocol: a", "X-Injected: %0d%0aSet-Cookie: x", first=injecting))
        response = connection.expect_upgrade()
        if any("injected" in name + value.lower() or name == "set-cookie" for name, value in response.headers):
            raise Failure(f"{response.headers}")


VERSIONS = {"2.0": "GET / HTTP/2.0", "0.9": "GET / HTTP/0.9", "3.0": "GET / HTTP/3.0", "1.2": "GET / HTTP/1.2"}


@case("handshake/http-{first}", first=VERSIONS)
def http_version(target, first):
    """HTTP/{first} is refused with 505."""
    is_refused(target, 505, request(first=first))


@case("handshake/http-2-preface")
def http_2(target):
    """The preface of HTTP/2 is refused with 505."""
    is_refused(target, 505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")


# ---- well-formed, and no handshake

NO_UPGRADE = {
    "no-upgrade": request(without=["Upgrade"]),
    "upgrade-websocketx": request(Upgrade="websocketx"),
    "upgrade-xwebsocket": request(Upgrade="xwebsocket"),
    "upgrade-web-socket": request(Upgrade="web socket"),
    "upgrade-h2c": request(Upgrade="h2c"),
    "upgrade-empty": request(Upgrade=""),
    "plain-get": request(without=["Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"]),
}


@case("handshake/plain-{form}", form=NO_UPGRADE)
def plain_http(target, form):
    """A request that does not ask for a WebSocket ({form}) is told to by 426 (RFC 9110 §15.5.22)."""
    response = is_refused(target, 426, form)
    if response.one("Upgrade") != "websocket":
        raise Failure(f"a 426 with Upgrade: {response.one('Upgrade')}")


def key_of(size):
    return base64.b64encode(bytes(size)).decode()


REFUSED = {
    "no-connection": request(without=["Connection"]),
    "connection-keep-alive": request(Connection="keep-alive"),
    "connection-close": request(Connection="close"),
    "connection-upgradex": request(Connection="Upgradex"),
    "no-key": request(without=["Sec-WebSocket-Key"]),
    "empty-key": request(Sec_WebSocket_Key=""),
    **{f"key-of-{size}-bytes": request(Sec_WebSocket_Key=key_of(size)) for size in (1, 15, 17, 18, 32)},
    "key-not-base64": request(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25!ZQ=="),
    "key-without-padding": request(Sec_WebSocket_Key=KEY.rstrip("=")),
    "key-with-blank-inside": request(Sec_WebSocket_Key="dGhlIHNhbXBs ZSBub25jZQ=="),
    "two-keys": request(f"Sec-WebSocket-Key: {KEY}"),
    "two-different-keys": request(f"Sec-WebSocket-Key: {key_of(16)}"),
    **{f"method-{method.lower()}": request(first=f"{method} / HTTP/1.1") for method in ("POST", "PUT", "HEAD", "OPTIONS", "DELETE", "get")},
    "http-1.0": request(first="GET / HTTP/1.0"),
    "subprotocol-twice": request("Sec-WebSocket-Protocol: chat, chat"),
    "subprotocol-no-token": request("Sec-WebSocket-Protocol: ch at"),
    "extension-no-token": request("Sec-WebSocket-Extensions: permessage deflate"),
    "extension-parameter-no-token": request("Sec-WebSocket-Extensions: permessage-deflate; =10"),
    "extension-value-no-token": request("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="),
    "extension-quoted-value-no-token": request('Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="1 0"'),
    "extension-quote-without-end": request('Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="10'),
}


@case("handshake/refused-{form}", form=REFUSED)
def refused(target, form):
    """A handshake that breaks RFC 6455 §4.2.1 ({form}) is refused with 400."""
    is_refused(target, 400, form)


ORIGINS = ("http://example.org", "null", "http://127.0.0.1.example.org", "http://127.0.0.2")


@case("handshake/origin-{origin}", origin=ORIGINS)
def foreign_origin(target, origin):
    """A page of another host ({origin}) is refused with 403 (RFC 6455 §10.2): echo_server allows no origin but its own."""
    is_refused(target, 403, request(f"Origin: {origin}"))


WRONG_VERSIONS = ("none", "0", "7", "8", "12", "14", "013", "13.0", "13, 8", "8, 13", "x", "255", "-13")


@case("handshake/version-{version}", version=WRONG_VERSIONS)
def wrong_version(target, version):
    """Sec-WebSocket-Version: {version} is refused with 426 and the version that is spoken (§4.4)."""
    form = request(without=["Sec-WebSocket-Version"]) if version == "none" else request(Sec_WebSocket_Version=version)
    response = is_refused(target, 426, form)
    if response.one("Sec-WebSocket-Version") != "13":
        raise Failure(f"a 426 with Sec-WebSocket-Version: {response.one('Sec-WebSocket-Version')}")
