#pragma once
// A rule for services that answer, but too late to be of use.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/concepts/trip_rule.hpp>
#include <kingbolt/policy/call_window.hpp>
#include <kingbolt/policy/open_time.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace kingbolt {

/// Opens at a slow call, successful or not, by which `rate` or more of the window's calls have been slow, once it holds `minimum_calls`.
/// A success costs a lock.
struct SlowCalls {
    using slot = slot::trip_rule;
    static constexpr bool needs_successes = true;
    static constexpr auto reason = BreakerReason::slow_calls;
    using State = WindowState;

    Duration longer_than = std::chrono::seconds{1};  ///< 1 ms to 24 h; exactly this long is not slow
    double rate = 0.5;                               ///< above 0, to 1
    CallWindow window = LastCalls{100};              ///< LastCalls of 1 to 100,000, or LastTime of 10 ms to 24 h
    std::uint32_t minimum_calls = 20;                ///< 1 or more, and no more than a window of calls holds
    Duration open_for = std::chrono::minutes{5};     ///< 1 ms to 30 days

    /// Throws InvalidOption.
    void validate() const {
        using namespace std::chrono_literals;
        if (longer_than < 1ms || longer_than > 24h)
            throw InvalidOption{"SlowCalls.longer_than", std::to_string(milliseconds(longer_than)) + " ms", "1 ms to 24 h", "use 1 s"};
        check_window("SlowCalls", window, minimum_calls, rate);
        check_open_for("SlowCalls.open_for", open_for);
    }

    bool on_result(State& state, const CallFacts& facts, TimePoint now) const noexcept {
        const bool slow = facts.took > longer_than;
        const auto sum = state.add(window, slow, facts.generation, now);
        return slow && sum.reaches(minimum_calls, rate);
    }
};

static_assert(TripRule<SlowCalls>);

}  // namespace kingbolt
