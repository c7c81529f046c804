#include "upgrade.hpp"

#include <websocketpp/http/constants.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace kingbolt::transport::detail {
namespace {

const std::string version_header = "Sec-WebSocket-Version";

// The first byte of a TLS record that carries a handshake (RFC 8446 §5.1). No HTTP method begins with it.
constexpr char tls_handshake = 0x16;

constexpr const char* spoke_tls = "a TLS handshake on a port without TLS";

const char* in_plain_words(std::string_view complaint) {
    if (complaint == spoke_tls) return spoke_tls;
    if (complaint == "Incomplete Request") return "no Host header";
    if (complaint == "Maximum header size exceeded.") return "headers larger than 16000 bytes";
    if (complaint == "HTTP message body too large") return "a body larger than 64 KiB";
    if (complaint == "Invalid header line" || complaint == "Invalid header name") return "a malformed header";
    return "a request line that is not HTTP";
}

}  // namespace

std::size_t Request::consume(const char* bytes, std::size_t size) {
    using websocketpp::http::exception;
    try {
        const bool first = !std::exchange(begun_, true);
        if (first && size > 0 && *bytes == tls_handshake) throw exception{spoke_tls, websocketpp::http::status_code::bad_request};
        return request::consume(bytes, size);
    } catch (const exception& error) {
        complaint_ = in_plain_words(error.what());
        throw;
    }
}

const std::string& Request::get_header(const std::string& name) const {
    static const std::string draft_8 = "8";
    const std::string& value = request::get_header(name);
    return name == version_header && value != "13" ? draft_8 : value;
}

bool Request::is_rfc6455() const { return request::get_header(version_header) == "13"; }

void fill(HttpRequest& out, const Request& request, const std::string& remote) {
    out.method = request.get_method();
    out.target = request.get_uri();
    out.remote = remote;
    out.headers.assign(request.get_headers().begin(), request.get_headers().end());
}

bool well_formed(const HttpHeaders& headers) {
    return std::ranges::all_of(headers, [](const auto& field) {
        const auto& [name, value] = field;
        return !name.empty() &&
               std::ranges::none_of(name, [](char c) { return websocketpp::http::is_not_token_char(static_cast<unsigned char>(c)); }) &&
               value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos;
    });
}

}  // namespace kingbolt::transport::detail
