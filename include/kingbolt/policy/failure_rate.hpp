#pragma once
// A rule for services that fail now and then: how large a share of the latest calls failed.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/concepts/trip_rule.hpp>
#include <kingbolt/policy/call_window.hpp>
#include <kingbolt/policy/open_time.hpp>

#include <chrono>
#include <cstdint>

namespace kingbolt {

/// Opens at a failure by which `rate` or more of the window's calls have failed, once it holds `minimum_calls`. A success costs a lock.
/// One half of 100 calls is what resilience4j starts from.
struct FailureRate {
    using slot = slot::trip_rule;
    static constexpr bool needs_successes = true;
    static constexpr auto reason = BreakerReason::failure_rate;
    using State = WindowState;

    double rate = 0.5;                            ///< above 0, to 1
    CallWindow window = LastCalls{100};           ///< LastCalls of 1 to 100,000, or LastTime of 10 ms to 24 h
    std::uint32_t minimum_calls = 20;             ///< 1 or more, and no more than a window of calls holds
    Duration open_for = std::chrono::minutes{5};  ///< 1 ms to 30 days

    /// Throws InvalidOption.
    void validate() const {
        check_window("FailureRate", window, minimum_calls, rate);
        check_open_for("FailureRate.open_for", open_for);
    }

    bool on_result(State& state, const CallFacts& facts, TimePoint now) const noexcept {
        const auto sum = state.add(window, facts.failed, facts.generation, now);
        return facts.failed && sum.reaches(minimum_calls, rate);
    }
};

static_assert(TripRule<FailureRate>);

}  // namespace kingbolt
