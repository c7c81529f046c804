#pragma once
// The only place where kingbolt reads a clock of its own accord, and only shells call it.

#include <kingbolt/concepts/clock.hpp>
#include <kingbolt/concepts/slot.hpp>

#include <chrono>

namespace kingbolt {

struct SteadyClock {
    using slot = slot::clock;
    /// Monotonic.
    static TimePoint now() noexcept { return std::chrono::steady_clock::now(); }
};

static_assert(Clock<SteadyClock>);

}  // namespace kingbolt
