#pragma once
// The simplest rule: so many failures with no success in between.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/concepts/trip_rule.hpp>
#include <kingbolt/policy/open_time.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace kingbolt {

/// Opens at the `threshold`-th failure in a row. Five is what gobreaker and Finagle start from as well (more than 5, and 5).
struct ConsecutiveFailures {
    using slot = slot::trip_rule;
    static constexpr bool needs_successes = false;
    static constexpr auto reason = BreakerReason::consecutive_failures;
    struct State {};

    std::uint32_t threshold = 5;                  ///< 1 to 1,000,000
    Duration open_for = std::chrono::minutes{5};  ///< 1 ms to 30 days: how long to wait before a probe

    /// Throws InvalidOption.
    void validate() const {
        if (threshold < 1 || threshold > 1'000'000)
            throw InvalidOption{"ConsecutiveFailures.threshold", std::to_string(threshold), "1 to 1,000,000", "use 5"};
        check_open_for("ConsecutiveFailures.open_for", open_for);
    }

    bool on_result(State&, const CallFacts& facts, TimePoint) const noexcept {
        return facts.failed && facts.consecutive_failures >= threshold;
    }
};

static_assert(TripRule<ConsecutiveFailures>);

}  // namespace kingbolt
