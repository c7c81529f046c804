#pragma once
// The requests that are answered with an error before the application hears of them. One constant for each, so that every transport
// uses the same words.

namespace kingbolt::engine {

struct HttpRefusal {
    unsigned status = 400;
    const char* words = "";  ///< for the response's body and `WireClosed::detail`
};

namespace http_refusal {

inline constexpr HttpRefusal spoke_tls{400, "a TLS handshake on a port without TLS"};
inline constexpr HttpRefusal request_line{400, "a request line that is not HTTP"};
inline constexpr HttpRefusal http_version{505, "an HTTP version other than 1.1"};
inline constexpr HttpRefusal long_target{414, "a request line longer than 16 KiB"};
inline constexpr HttpRefusal long_head{431, "headers larger than 16 KiB"};
inline constexpr HttpRefusal many_headers{431, "more than 100 headers"};
inline constexpr HttpRefusal header{400, "a malformed header"};
inline constexpr HttpRefusal no_host{400, "no Host header"};
inline constexpr HttpRefusal hosts{400, "more than one Host header"};
inline constexpr HttpRefusal host{400, "a Host header that is no host"};
inline constexpr HttpRefusal authority{400, "a target with an authority that is no host"};
inline constexpr HttpRefusal body{400, "a request with a body"};

// RFC 6455 §4.2.1.
inline constexpr HttpRefusal upgrade_method{400, "an upgrade that is not a GET"};
inline constexpr HttpRefusal upgrade_http{400, "an upgrade that is not HTTP/1.1"};
inline constexpr HttpRefusal upgrade_connection{400, "an upgrade without Connection: Upgrade"};
inline constexpr HttpRefusal upgrade_version{426, "a WebSocket version other than 13"};
inline constexpr HttpRefusal no_key{400, "no Sec-WebSocket-Key"};
inline constexpr HttpRefusal key{400, "a Sec-WebSocket-Key that is not 16 bytes in base64"};
inline constexpr HttpRefusal subprotocols{400, "a malformed Sec-WebSocket-Protocol"};
inline constexpr HttpRefusal extensions{400, "a malformed Sec-WebSocket-Extensions"};

}  // namespace http_refusal
}  // namespace kingbolt::engine
