#pragma once
// A clock that moves only when told. Models the concept Clock.

#include <kingbolt/concepts/clock.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>

namespace kingbolt::testing {

/// Give it to a hub by reference, then move it. Not for several threads.
class ManualClock {
public:
    using slot = kingbolt::slot::clock;

    /// Far from zero, so that code which takes a zero time for "never" shows it.
    static constexpr TimePoint start{std::chrono::hours{10'000}};

    /// As it was set.
    TimePoint now() const noexcept { return now_; }
    /// Moves by `by`; a negative `by` steps back, as a broken clock source does.
    void advance(Duration by) noexcept { now_ += by; }
    /// Forwards or backwards.
    void set(TimePoint to) noexcept { now_ = to; }

private:
    TimePoint now_ = start;
};

static_assert(Clock<ManualClock>);

}  // namespace kingbolt::testing
