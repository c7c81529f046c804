#pragma once
// What a client may not have too much of, and what happens when it wants more.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kingbolt {

/// What a client may have only so much of.
enum class Limit : std::uint8_t {
    messages,        ///< a second
    bytes,           ///< of messages, a second
    control_frames,  ///< pings and pongs, a second
    subscriptions,   ///< at a time
};
/// How many there are, for tables.
inline constexpr std::size_t limit_count = 4;

/// What happens when it wants more.
enum class OnExcess : std::uint8_t {
    warn,      ///< it is reported, and nothing else
    throttle,  ///< the hub reads nothing more of this client until it is within the limit again: TCP makes it wait
    close,     ///< the session is closed with `rate_limited`
};
/// How many there are, for tables.
inline constexpr std::size_t on_excess_count = 3;

constexpr std::string_view to_string(Limit limit) noexcept {
    switch (limit) {
    case Limit::messages: return "messages";
    case Limit::bytes: return "bytes";
    case Limit::control_frames: return "control_frames";
    case Limit::subscriptions: return "subscriptions";
    }
    return "unknown";
}
constexpr std::string_view to_string(OnExcess action) noexcept {
    return action == OnExcess::warn ? "warn" : action == OnExcess::throttle ? "throttle" : "close";
}

}  // namespace kingbolt
