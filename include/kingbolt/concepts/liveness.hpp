#pragma once
// Is the peer still there? A liveness policy decides when to ask and when to give up.

#include <kingbolt/core/time.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kingbolt {

/// What the hub does when a session's liveness is due.
struct LivenessStep {
    bool send_ping = false;      ///< queue a ping with `ping_payload(state)`
    bool missed = false;         ///< emit `PongMissed`
    bool write_stalled = false;  ///< the miss, or the end, is for a write that does not move
    bool give_up = false;        ///< close the session, `pong_timeout` or `write_stalled`
    unsigned misses = 0;         ///< in a row, this one included
};

/// Worked model: KeepAlive in policy/keep_alive.hpp. `State` is one per session; a State of no bytes costs none.
///   start     the session has opened; `random` is uniform over 64 bits
///   due       when `on_due` wants to be called next; TimePoint::max() for never
///   on_due    called at or after `due`; `loop_resumed` is when the loop last came back from a stall of more than a second
///   on_bytes  any byte came in
///   on_pong   a pong came in, after its `on_bytes`; the round-trip time if it answers the outstanding ping, and then `due` may be later
///   on_write_waiting / on_write_moved: bytes were handed to the transport / the kernel took some, `waiting` if not yet all
template <class L>
concept Liveness = requires(const L& policy, typename L::State& state, const typename L::State& constant, TimePoint now,
                            std::uint64_t random, std::string_view payload, bool waiting) {
    policy.start(state, now, random);
    { policy.due(constant) } -> std::same_as<TimePoint>;
    { policy.on_due(state, now, now) } -> std::same_as<LivenessStep>;
    policy.on_bytes(state);
    { policy.on_pong(state, payload, now) } -> std::same_as<std::optional<Duration>>;
    policy.on_write_waiting(state, now);
    policy.on_write_moved(state, now, waiting);
    { policy.ping_payload(constant) } -> std::convertible_to<std::string_view>;
    { policy.ping_sequence(constant) } -> std::same_as<std::uint32_t>;
};

}  // namespace kingbolt
