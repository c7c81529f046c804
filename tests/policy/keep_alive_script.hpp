#pragma once
// A hub's part in a keep-alive conversation, without ticks: the policy is asked exactly when it wants to be.

#include <kingbolt/policy/keep_alive.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kingbolt::test {

/// Long after the epoch and on no round number, as a real monotonic clock is.
inline constexpr TimePoint keep_alive_start{std::chrono::nanoseconds{86'400'123'456'789}};

/// `random` for a first ping after `fraction` of an interval.
constexpr std::uint64_t phase(double fraction) { return static_cast<std::uint64_t>(fraction * 4294967296.0) << 32U; }

struct KeepAliveScript {
    explicit KeepAliveScript(KeepAlive options = {}, std::uint64_t random = 0) : policy{options} { policy.start(state, now, random); }

    /// Goes to the next appointment and keeps it.
    LivenessStep next() {
        now = policy.due(state);
        return policy.on_due(state, now, loop_resumed);
    }
    /// Keeps the appointment late: at `when`.
    LivenessStep at(TimePoint when) {
        now = when;
        return policy.on_due(state, now, loop_resumed);
    }
    std::string ping() const { return std::string{std::string_view{policy.ping_payload(state)}}; }
    /// The peer's pong arrives `after` from now.
    std::optional<Duration> pong(std::string_view payload, Duration after = {}) {
        now += after;
        policy.on_bytes(state);
        return policy.on_pong(state, payload, now);
    }
    /// The loop comes back from a stall at `when`.
    void stalled_until(TimePoint when) { now = loop_resumed = when; }

    KeepAlive policy;
    KeepAlive::State state;
    TimePoint now = keep_alive_start;
    TimePoint loop_resumed = TimePoint::min();
};

}  // namespace kingbolt::test
