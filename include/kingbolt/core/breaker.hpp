#pragma once
// What a circuit breaker can be in, why it changed, and the one fact that says so.

#include <kingbolt/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kingbolt {

/// Of a circuit breaker: docs/resilience.md has what leads from one to another.
enum class BreakerState : std::uint8_t {
    closed,       ///< calls pass, failures are counted
    open,         ///< calls are rejected until a time
    half_open,    ///< a few calls pass, to find out
    forced_open,  ///< calls are rejected until somebody says otherwise
    disabled,     ///< calls pass whatever becomes of them
};
/// How many there are, for tables.
inline constexpr std::size_t breaker_state_count = 5;

/// Why a breaker changed.
enum class BreakerReason : std::uint8_t {
    consecutive_failures,  ///< the rule of that name tripped
    failure_rate,          ///< likewise
    slow_calls,            ///< likewise
    open_time_over,        ///< it is time to probe
    probe_succeeded,
    probe_failed,
    probe_lease_over,  ///< no answer came from a probe in its time, and another takes its place
    manual,
};

/// Generations are counted modulo this: after half a million changes a breaker takes a very late result for a new one.
inline constexpr std::uint32_t breaker_generations = 1U << 20U;

/// What became of a call, as far as the service behind the breaker is concerned.
enum class Classification : std::uint8_t {
    success,
    failure,
    negative,   ///< a success that says there is nothing: what a cache holds of it is wrong now
    ignored,    ///< says nothing about the service, such as a request that was wrong
    cancelled,  ///< the caller did not want to know any more, or never called
};

constexpr std::string_view to_string(BreakerState state) noexcept {
    switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: return "half_open";
    case BreakerState::forced_open: return "forced_open";
    case BreakerState::disabled: return "disabled";
    }
    return "unknown";
}

constexpr std::string_view to_string(BreakerReason reason) noexcept {
    switch (reason) {
    case BreakerReason::consecutive_failures: return "consecutive_failures";
    case BreakerReason::failure_rate: return "failure_rate";
    case BreakerReason::slow_calls: return "slow_calls";
    case BreakerReason::open_time_over: return "open_time_over";
    case BreakerReason::probe_succeeded: return "probe_succeeded";
    case BreakerReason::probe_failed: return "probe_failed";
    case BreakerReason::probe_lease_over: return "probe_lease_over";
    case BreakerReason::manual: return "manual";
    }
    return "unknown";
}

/// Since the breaker was made. Successes are not counted: a call that changes nothing stores nothing.
struct BreakerCounts {
    std::uint64_t failures = 0;      ///< with those over their time
    std::uint64_t ignored = 0;       ///< with the cancelled ones
    std::uint64_t rejected = 0;      ///< calls that were not made
    std::uint64_t late_results = 0;  ///< results that came after the state had changed, and changed nothing
    bool operator==(const BreakerCounts&) const = default;
};

/// What a breaker is, and what it has done since it was made.
struct BreakerStats {
    std::string name{};
    BreakerState state{};                    ///< as the last change left it
    std::uint32_t generation = 0;            ///< of that state
    std::uint32_t consecutive_failures = 0;  ///< while closed
    BreakerCounts counts{};
    Duration retry_after{};  ///< while open: until a probe; Duration::max() when forced open
    std::size_t cached = 0;  ///< answers that are kept
};

namespace event {

/// A breaker changed its state. Exactly one for each generation.
struct BreakerChanged {
    std::string breaker{};  ///< its name
    BreakerState from{};    ///< what it was
    BreakerState to{};      ///< what it is
    BreakerReason reason{};
    std::uint32_t generation = 0;  ///< of the state that begins; one more than that of the one that ends, modulo breaker_generations
    BreakerCounts counts{};
    Duration retry_after{};  ///< from open: until the first probe; from forced open: Duration::max(); otherwise zero
    TimePoint at{};
    bool operator==(const BreakerChanged&) const = default;
};

}  // namespace event
}  // namespace kingbolt
