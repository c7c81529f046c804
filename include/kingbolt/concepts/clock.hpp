#pragma once
// Where the shell gets `now` from, once for each thing that happens.

#include <kingbolt/core/time.hpp>

#include <concepts>

namespace kingbolt {

/// Worked model: `struct SteadyClock { kb::TimePoint now() const { return std::chrono::steady_clock::now(); } };`
/// A clock that steps back is tolerated: the hub clamps it.
template <class C>
concept Clock = requires(const C& clock) {
    { clock.now() } -> std::convertible_to<TimePoint>;
};

}  // namespace kingbolt
