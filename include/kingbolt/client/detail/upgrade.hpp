#pragma once
// The client's half of the opening handshake (RFC 6455 §4.1): the request, and what the answer to it is.

#include <kingbolt/client/url.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/accept_key.hpp>
#include <kingbolt/engine/response_head.hpp>
#include <kingbolt/engine/upgrade.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace kingbolt::client::detail {

/// `key`: base64 of 16 random bytes. `headers` and `subprotocols` are well-formed.
inline std::string upgrade_request(const Url& url, std::string_view key, const std::vector<std::string>& subprotocols,
                                   const HttpHeaders& headers) {
    std::string text = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority;
    text.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ").append(key);
    text += "\r\n";
    for (std::size_t i = 0; i < subprotocols.size(); ++i) text.append(i == 0 ? "Sec-WebSocket-Protocol: " : ", ").append(subprotocols[i]);
    if (!subprotocols.empty()) text += "\r\n";
    return text.append(engine::text_of(headers)).append("\r\n");
}

/// A delay in seconds (RFC 9110 §10.2.3), a day at most; none for a date, which needs a clock that both agree on.
inline std::optional<Duration> retry_after(std::string_view value) noexcept {
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
    return std::min<Duration>(std::chrono::seconds{seconds}, std::chrono::hours{24});
}

/// What is wrong with a 101 (§4.1, the second list); null when nothing is.
inline const char* flaw_of(const engine::ResponseHead& head, std::string_view key, const std::vector<std::string>& subprotocols) {
    const auto only = [&head](std::string_view name) { return engine::upgrade::single(head.headers, name); };
    if (!same_name(only("Upgrade").value_or(""), "websocket")) return "a 101 that does not upgrade to WebSocket";
    if (!engine::upgrade::has_element(head.headers, "Connection", "Upgrade")) return "a 101 without Connection: Upgrade";
    if (only("Sec-WebSocket-Accept") != engine::accept_key(key)) return "a wrong Sec-WebSocket-Accept";
    if (only("Sec-WebSocket-Extensions")) return "an extension that was not offered";
    const auto selected = only("Sec-WebSocket-Protocol");
    if (selected && std::ranges::find(subprotocols, *selected) == subprotocols.end()) return "a subprotocol that was not offered";
    return nullptr;
}

}  // namespace kingbolt::client::detail
