#pragma once
// When a token ends, and when to ask for the next one.

#include <kingbolt/client/detail/incoming.hpp>
#include <kingbolt/client/options.hpp>
#include <kingbolt/core/identity.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/base64url.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kingbolt::client::detail {

/// What the application says, or the `exp` of a JWT (RFC 7519 §4.1.4), which is not verified here: it only says when to ask again. None: it
/// has no end that the client knows of.
inline std::optional<WallTime> end_of(const Token& token) {
    if (token.expires_at) return token.expires_at;
    const std::string_view text = token.text;
    const std::size_t first = text.find('.'), second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto claims = engine::base64url_decoded(text.substr(first + 1, second - first - 1));
    if (!claims) return std::nullopt;
    try {
        const std::uint64_t exp = Incoming{*claims}.number("exp");
        return Incoming::as_wall_time(exp < Incoming::latest_ms / 1000 ? exp * 1000 : Incoming::latest_ms);
    } catch (const BadMessage&) {
        return std::nullopt;
    }
}

/// How long to wait before a token that lasts for `remaining` is refreshed: 80 % of that, but at least 5 s before its end; of less than 10
/// s the half; of less than 1 s none, it is too late.
inline std::optional<Duration> refresh_after(Duration remaining) noexcept {
    using namespace std::chrono_literals;
    if (remaining < 1s) return std::nullopt;
    if (remaining < 10s) return remaining / 2;
    return std::min<Duration>(remaining / 5 * 4, remaining - 5s);
}

}  // namespace kingbolt::client::detail
