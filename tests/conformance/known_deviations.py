"""Where a transport does something else than its case says, by transport and case, with one sentence each. A deviation that does not
occur any more is a failure too, so that this table stays true. docs/conformance.md shows it."""

HEAD_LIMIT = "The head may have 8 KiB."
OWN_PARSER = "websocketpp reads the head with a parser of its own, which takes or answers what it should not."

OWN_PARSER_CASES = (
    "head-of-16384", "head-of-16385-is-refused", "head-of-20000-is-refused", "head-of-100000-is-refused", "head-without-end",
    "long-target-is-refused", "fields-101-are-refused", "fields-200-are-refused", "fields-1000-are-refused",
    "malformed-bare-lf-everywhere", "malformed-bare-lf-in-one-line", "malformed-bare-lf-in-a-value", "malformed-bare-cr-in-a-value",
    "malformed-bare-cr-at-the-end-of-a-value", "malformed-nul-in-a-value", "malformed-nul-in-a-name",
    "malformed-control-character-in-a-value", "malformed-del-in-a-value", "malformed-folded-line", "malformed-folded-line-with-tab",
    "malformed-folded-first-line", "malformed-blank-before-colon", "malformed-blank-before-colon-of-host", "malformed-tab-before-colon",
    "malformed-blank-in-a-name", "malformed-no-colon", "malformed-no-name", "malformed-8-bit-name", "malformed-no-host",
    "malformed-two-hosts", "malformed-two-different-hosts", "malformed-host-a b", "malformed-host-a/b", "malformed-host-a@b",
    "malformed-host-a:b:c", "malformed-host-a:9x", "malformed-host-[::1", "malformed-host-[::1]9", "malformed-host-a#b",
    "malformed-host-a,b c", "malformed-host-<a>", "malformed-content-length-5", "malformed-content-length-negative",
    "malformed-content-length-list", "malformed-transfer-encoding", "malformed-two-blanks-in-the-request-line",
    "malformed-blank-behind-the-version", "malformed-tab-in-the-request-line", "malformed-no-target", "malformed-no-version",
    "malformed-blank-in-the-target", "malformed-8-bit-target", "malformed-control-character-in-the-target",
    "malformed-line-injected-in-the-target", "malformed-method-no-token", "malformed-version-in-lower-case",
    "malformed-version-without-minor", "malformed-version-with-two-digits", "malformed-another-protocol", "malformed-empty-line-first",
    "malformed-blank-first", "malformed-tls-hello", "malformed-socks-hello", "malformed-proxy-protocol-v2", "malformed-garbage-of-ones",
    "malformed-garbage-of-zeros", "malformed-garbage-of-everything", "malformed-a-frame", "http-2.0", "http-0.9", "http-3.0",
    "http-1.2", "http-2-preface", "plain-upgrade-websocketx", "plain-upgrade-xwebsocket", "refused-no-connection",
    "refused-connection-keep-alive", "refused-connection-close", "refused-connection-upgradex", "refused-no-key", "refused-empty-key",
    "refused-key-of-1-bytes", "refused-key-of-15-bytes", "refused-key-of-17-bytes", "refused-key-of-18-bytes",
    "refused-key-of-32-bytes", "refused-key-not-base64", "refused-key-without-padding", "refused-key-with-blank-inside",
    "refused-two-keys", "refused-two-different-keys", "refused-method-post", "refused-method-put", "refused-method-head",
    "refused-method-options", "refused-method-delete", "refused-method-get", "refused-http-1.0", "refused-subprotocol-twice",
    "refused-subprotocol-no-token", "refused-extension-no-token", "refused-extension-parameter-no-token",
    "refused-extension-value-no-token", "refused-extension-quoted-value-no-token", "refused-extension-quote-without-end",
)

KNOWN_DEVIATIONS = {
    "native": {f"handshake/head-of-{size}": HEAD_LIMIT for size in (12_000, 16_384)},
    "websocketpp": {f"handshake/{case}": OWN_PARSER for case in OWN_PARSER_CASES},
}
