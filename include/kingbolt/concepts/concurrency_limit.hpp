#pragma once
// How many calls may be on their way at the same time?

#include <kingbolt/core/breaker.hpp>
#include <kingbolt/core/time.hpp>

#include <concepts>

namespace kingbolt {

/// Worked model: Bulkhead in policy/bulkhead.hpp. Any thread: `State` sees to itself. Each `enter` that said true is followed by one
/// `leave`.
template <class L>
concept ConcurrencyLimit = requires(const L& limit, typename L::State& state, Classification result, Duration took) {
    { limit.enter(state) } -> std::same_as<bool>;
    limit.leave(state, result, took);
};

}  // namespace kingbolt
