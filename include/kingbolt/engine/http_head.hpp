#pragma once
// The head of an HTTP/1.1 request: everything up to the empty line (RFC 9112). Strict, because what two parsers understand differently
// is how requests are smuggled past a proxy. A request has no body here: the connection closes after the response.

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/engine/http_refusal.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kingbolt::engine {

/// A request, and what of its head an HttpRequest does not say.
struct HttpHead {
    HttpRequest request{};
    bool http_1_0 = false;  ///< as the health checks of some load balancers are; then a Host may be missing
};

/// Reads one head while it is still arriving. However it is cut, each byte is looked at once before the head is there in full.
class HttpHeadReader {
public:
    static constexpr std::size_t max_size = 16 * 1024;
    static constexpr std::size_t max_headers = 100;

    struct Result {
        std::size_t size = 0;                  ///< of the head, the empty line included; 0 until it is there in full
        const HttpRefusal* refusal = nullptr;  ///< the request is to be answered with this
    };

    /// `bytes`: all that has arrived, from the first on; what lies behind the head is not looked at. Fills `head`, but for `remote`, when
    /// there is a size. After that, or a refusal, it is not called again. Throws std::bad_alloc.
    Result read(std::string_view bytes, HttpHead& head);

private:
    Result look_for_end(std::string_view bytes) noexcept;
    static const HttpRefusal* read_request_line(std::string_view line, HttpHead& head);
    static const HttpRefusal* read_header(std::string_view line, HttpHeaders& headers);
    static const HttpRefusal* check_headers(const HttpHead& head) noexcept;
    static const HttpRefusal* take_authority(HttpRequest& request);

    std::uint16_t looked_at_ = 0;
    std::uint16_t lines_ = 0;
};

inline HttpHeadReader::Result HttpHeadReader::read(std::string_view bytes, HttpHead& head) {
    Result result = look_for_end(bytes);
    if (result.size == 0) return result;
    std::string_view rest = bytes.substr(0, result.size - 2);
    const auto next_line = [&rest] {
        // Every LF has its CR: `look_for_end` has seen to that.
        const std::string_view line = rest.substr(0, rest.find('\n') - 1);
        rest.remove_prefix(line.size() + 2);
        return line;
    };
    head.request.headers.reserve(lines_ - 2U);
    result.refusal = read_request_line(next_line(), head);
    while (result.refusal == nullptr && !rest.empty()) result.refusal = read_header(next_line(), head.request.headers);
    if (result.refusal == nullptr) result.refusal = check_headers(head);
    if (result.refusal == nullptr) result.refusal = take_authority(head.request);
    return result;
}

inline HttpHeadReader::Result HttpHeadReader::look_for_end(std::string_view bytes) noexcept {
    // The first byte of a TLS record that carries a handshake (RFC 8446 §5.1). No HTTP method begins with it.
    constexpr char tls_handshake = 0x16;
    if (bytes.starts_with(tls_handshake)) return {.refusal = &http_refusal::spoke_tls};
    if (!bytes.empty() && !is_token_char(bytes.front())) return {.refusal = &http_refusal::request_line};
    const std::string_view seen = bytes.substr(0, max_size);
    for (;;) {
        const std::size_t lf = seen.find('\n', looked_at_);
        looked_at_ = static_cast<std::uint16_t>(lf == std::string_view::npos ? seen.size() : lf + 1);
        if (lf == std::string_view::npos) break;
        // A bare LF ends a line for some parsers and not for others.
        if (seen[lf - 1] != '\r') return {.refusal = lines_ == 0 ? &http_refusal::request_line : &http_refusal::header};
        ++lines_;
        if (seen[lf - 2] == '\n') return {.size = lf + 1};
        if (lines_ > max_headers + 1) return {.refusal = &http_refusal::many_headers};
    }
    if (seen.size() < max_size) return {};
    return {.refusal = lines_ == 0 ? &http_refusal::long_target : &http_refusal::long_head};
}

inline const HttpRefusal* HttpHeadReader::read_request_line(std::string_view line, HttpHead& head) {
    const std::size_t method_end = line.find(' ');
    const std::size_t target_end = line.rfind(' ');
    if (target_end == std::string_view::npos || target_end <= method_end + 1) return &http_refusal::request_line;
    const std::string_view method = line.substr(0, method_end);
    const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
    const std::string_view version = line.substr(target_end + 1);
    const auto visible = [](char c) { return c > ' ' && c < 0x7F; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!is_token(method) || !std::ranges::all_of(target, visible)) return &http_refusal::request_line;
    if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(version[5]) || version[6] != '.' || !digit(version[7]))
        return &http_refusal::request_line;
    head.http_1_0 = version.ends_with("1.0");
    if (!head.http_1_0 && !version.ends_with("1.1")) return &http_refusal::http_version;
    head.request.method = method;
    head.request.target = target;
    return nullptr;
}

/// A name that is a token leaves no room for a blank before the colon, nor for a line that continues the one before.
inline const HttpRefusal* HttpHeadReader::read_header(std::string_view line, HttpHeaders& headers) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return &http_refusal::header;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return &http_refusal::header;
    headers.emplace_back(line.substr(0, colon), value);
    return nullptr;
}

inline const HttpRefusal* HttpHeadReader::check_headers(const HttpHead& head) noexcept {
    std::size_t hosts = 0;
    for (const auto& [name, value] : head.request.headers) {
        if (same_name(name, "Host")) {
            if (++hosts > 1) return &http_refusal::hosts;
            if (!is_host(value)) return &http_refusal::host;
        } else if (same_name(name, "Content-Length")) {
            if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) return &http_refusal::header;
            if (value.find_first_not_of('0') != std::string::npos) return &http_refusal::body;
        } else if (same_name(name, "Transfer-Encoding")) {
            return &http_refusal::body;
        }
    }
    return hosts == 0 && !head.http_1_0 ? &http_refusal::no_host : nullptr;  // RFC 9112 §3.2
}

/// Of a target in absolute form, `http://host/path`, the path is left, and the authority counts instead of Host (RFC 9112 §3.2.2).
inline const HttpRefusal* HttpHeadReader::take_authority(HttpRequest& request) {
    const std::string_view target = request.target;
    const auto begins = [target](std::string_view scheme) { return same_name(target.substr(0, scheme.size()), scheme); };
    const std::size_t scheme = begins("http://") ? 7 : begins("https://") ? 8 : 0;
    if (scheme == 0) return nullptr;
    const std::size_t end = std::min(target.find_first_of("/?", scheme), target.size());
    const std::string_view authority = target.substr(scheme, end - scheme);
    if (authority.empty() || !is_host(authority)) return &http_refusal::authority;
    for (auto& [name, value] : request.headers)
        if (same_name(name, "Host")) value = authority;
    request.target = (target.substr(end).starts_with('/') ? "" : "/") + std::string{target.substr(end)};
    return nullptr;
}

}  // namespace kingbolt::engine
