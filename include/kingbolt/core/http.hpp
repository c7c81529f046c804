#pragma once
// The upgrade request and plain HTTP requests on the same port, as the application sees them.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt {

struct Identity;

/// Names and values, in the order in which they were sent.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// A complete request, read by kingbolt's own strict parser.
struct HttpRequest {
    std::string method{};
    std::string target{};  ///< path and query as sent: `/events?since=4`; what was in front of them stands in Host
    std::string remote{};  ///< `address:port` of the TCP peer
    HttpHeaders headers{};

    /// The path without its query.
    std::string_view path() const noexcept { return std::string_view{target}.substr(0, target.find('?')); }

    /// The first header of that name, compared without case; empty when there is none.
    std::string_view header(std::string_view name) const noexcept {
        // Names are ASCII (RFC 9110 §5.1); std::tolower would ask the locale.
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
        const auto same = [name, lower](const auto& field) { return std::ranges::equal(field.first, name, {}, lower, lower); };
        const auto found = std::ranges::find_if(headers, same);
        return found == headers.end() ? std::string_view{} : std::string_view{found->second};
    }
};

/// The answer to a plain request.
struct HttpResponse {
    unsigned status = 200;  ///< 200 to 599
    std::string body{};
    std::string content_type = "text/plain; charset=utf-8";  ///< of the body
    HttpHeaders headers{};                                   ///< besides Content-Type and Content-Length
};

/// Of an offer: `client_max_window_bits=15`.
struct ExtensionParameter {
    std::string name{};
    std::optional<std::string> value{};  ///< without its quotes
    bool operator==(const ExtensionParameter&) const = default;
};

/// One element of Sec-WebSocket-Extensions (RFC 6455 §9.1).
struct ExtensionOffer {
    std::string name{};
    std::vector<ExtensionParameter> parameters{};  ///< in their order
    bool operator==(const ExtensionOffer&) const = default;
};

/// A request to become a WebSocket (RFC 6455 §4.2.1).
struct UpgradeRequest : HttpRequest {
    std::vector<std::string> subprotocols{};  ///< offered by the client, in its order of preference
    const Identity* identity = nullptr;       ///< whom an Authenticator has found to ask; null where there is none
};

/// The application's answer to an `UpgradeRequest`.
struct UpgradeResponse {
    unsigned status = 101;      ///< 101 accepts; 400 to 599 refuses
    std::string subprotocol{};  ///< one the client offered, or empty for none
    std::string body{};         ///< of a refusal
    HttpHeaders headers{};

    /// 101.
    static UpgradeResponse accept(std::string subprotocol = {}) { return {.subprotocol = std::move(subprotocol)}; }
    /// 400 to 599.
    static UpgradeResponse refuse(unsigned status, std::string body = {}) { return {.status = status, .body = std::move(body)}; }
    /// The answer follows with `Connection::answer_upgrade`. From a hub to its transport only.
    static UpgradeResponse deferred() { return {.status = 0}; }
    /// 101.
    bool accepted() const noexcept { return status == 101; }
    /// Neither yes nor no yet.
    bool is_deferred() const noexcept { return status == 0; }
};

}  // namespace kingbolt
