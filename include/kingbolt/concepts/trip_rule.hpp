#pragma once
// When does a closed breaker open?

#include <kingbolt/core/breaker.hpp>
#include <kingbolt/core/time.hpp>

#include <concepts>
#include <cstdint>

namespace kingbolt {

/// One result, as a closed breaker saw it.
struct CallFacts {
    bool failed = false;                     ///< or it succeeded
    std::uint32_t consecutive_failures = 0;  ///< this one included
    Duration took{};                         ///< from the call to the result
    std::uint32_t generation = 0;            ///< of the closed state that it belongs to; what a rule remembers of another one is void
};

/// Worked model: ConsecutiveFailures in policy/consecutive_failures.hpp. Any thread, at the same time: `State` sees to itself.
/// `on_result` is true when the breaker is to open, for `open_for`. Unless `needs_successes` it hears of failures only, which lets
/// a call that succeeds store nothing.
template <class R>
concept TripRule = requires(const R& rule, typename R::State& state, const CallFacts& facts, TimePoint now) {
    { R::needs_successes } -> std::convertible_to<bool>;
    { R::reason } -> std::convertible_to<BreakerReason>;
    { rule.open_for } -> std::convertible_to<Duration>;
    { rule.on_result(state, facts, now) }
    noexcept->std::same_as<bool>;
};

}  // namespace kingbolt
