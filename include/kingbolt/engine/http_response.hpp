#pragma once
// A server's answers as text: the 101 that makes a WebSocket of a connection, and the responses after which it closes.

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/accept_key.hpp>
#include <kingbolt/engine/http_refusal.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::engine {

/// RFC 9110 §15 and RFC 6585; empty for others, which HTTP allows.
constexpr std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return {};
    }
}

/// Names and values that can go into a response. What an application puts there may come from a client, and a line break in it
/// would begin a header, or a response, of the client's own.
inline bool well_formed(const HttpHeaders& headers) {
    return std::ranges::all_of(headers, [](const auto& field) { return is_token(field.first) && is_field_value(field.second); });
}

namespace detail {

inline void append_header(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
}

/// The application's, but for those that are `ours`: two of them could contradict each other.
inline void append_headers(std::string& text, const HttpHeaders& headers, std::span<const std::string_view> ours) {
    for (const auto& field : headers) {
        const auto is_name = [&field](std::string_view other) { return same_name(field.first, other); };
        if (std::ranges::none_of(ours, is_name)) append_header(text, field.first, field.second);
    }
}

inline std::string status_line(unsigned status) {
    return std::string{"HTTP/1.1 "}.append(std::to_string(status)).append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace detail

/// Accepts an upgrade (RFC 6455 §4.2.2). `extensions`: the value of Sec-WebSocket-Extensions, empty for none. The response's headers are
/// well-formed, and its subprotocol is one of the request's.
inline std::string accepting(const UpgradeRequest& request, const UpgradeResponse& response, std::string_view extensions = {}) {
    constexpr std::array<std::string_view, 7> ours{"Upgrade",
                                                   "Connection",
                                                   "Content-Length",
                                                   "Transfer-Encoding",
                                                   "Sec-WebSocket-Accept",
                                                   "Sec-WebSocket-Protocol",
                                                   "Sec-WebSocket-Extensions"};
    std::string text = detail::status_line(101);
    detail::append_header(text, "Upgrade", "websocket");
    detail::append_header(text, "Connection", "Upgrade");
    detail::append_header(text, "Sec-WebSocket-Accept", accept_key(request.header("Sec-WebSocket-Key")));
    if (!response.subprotocol.empty()) detail::append_header(text, "Sec-WebSocket-Protocol", response.subprotocol);
    if (!extensions.empty()) detail::append_header(text, "Sec-WebSocket-Extensions", extensions);
    detail::append_headers(text, response.headers, ours);
    return text.append("\r\n");
}

/// A whole response, after which the connection closes; its headers and its Content-Type are well-formed. An answer to HEAD says how
/// long its body would be, and has none (RFC 9110 §9.3.2).
inline std::string answering(const HttpResponse& response, std::string_view method) {
    constexpr std::array<std::string_view, 4> ours{"Content-Type", "Content-Length", "Connection", "Transfer-Encoding"};
    std::string text = detail::status_line(response.status);
    const bool bodiless = response.status == 204 || response.status == 304;  // RFC 9110 §15.3.5, §15.4.5
    if (!bodiless) {
        detail::append_header(text, "Content-Type", response.content_type);
        detail::append_header(text, "Content-Length", std::to_string(response.body.size()));
    }
    // RFC 9110 §7.8: whoever sends the one has to name it in the other.
    const bool upgrade = std::ranges::any_of(response.headers, [](const auto& field) { return same_name(field.first, "Upgrade"); });
    detail::append_header(text, "Connection", upgrade ? "close, Upgrade" : "close");
    detail::append_headers(text, response.headers, ours);
    text.append("\r\n");
    return bodiless || method == "HEAD" ? text : text.append(response.body);
}

/// In whole seconds, as HTTP wants it (RFC 9110 §10.2.3), rounded up: who comes back then is not too early.
inline std::pair<std::string, std::string> retry_after(Duration delay) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::min<Duration>(delay, std::chrono::hours{24}));
    return {"Retry-After", std::to_string(std::max<std::chrono::seconds::rep>(seconds.count(), 1))};
}

inline std::string refusing(const HttpRefusal& refusal, std::string_view method) {
    HttpResponse response{.status = refusal.status, .body = std::string{refusal.words} + '\n'};
    // RFC 9110 §15.5.22: what to upgrade to; RFC 6455 §4.4: in which version.
    if (refusal.status == 426) response.headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}};
    return answering(response, method);
}

}  // namespace kingbolt::engine
