#pragma once
// What clients are told of the hub's errors.

#include <kingbolt/core/error.hpp>

#include <string_view>
#include <system_error>

namespace kingbolt::detail {

/// As docs/protocol.md names it.
inline const char* failure_code(std::error_code error) noexcept {
    if (error == Errc::bad_topic) return "bad_topic";
    if (error == Errc::not_permitted) return "not_permitted";
    if (error == Errc::too_many_subscriptions) return "too_many_subscriptions";
    if (error == Errc::bad_credentials) return "bad_credentials";
    if (error == Errc::rate_limited) return "rate_limited";
    if (error == Errc::queue_full || error == Errc::backlog_full) return "queue_full";
    return "internal";
}
/// Whether the same may succeed later.
inline bool may_retry(std::string_view code) noexcept { return code == "rate_limited" || code == "queue_full" || code == "internal"; }

}  // namespace kingbolt::detail
