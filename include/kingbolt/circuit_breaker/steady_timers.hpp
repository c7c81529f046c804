#pragma once
// Where a circuit breaker's pauses and deadlines come from, unless a test moves the time.

#include <kingbolt/concepts/slot.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

namespace kingbolt {

struct SteadyTimers {
    using slot = slot::timers;
    /// One timer.
    using Timer = asio::steady_timer;
    /// A timer on that executor.
    static Timer make(const asio::any_io_executor& executor) { return Timer{executor}; }
};

}  // namespace kingbolt
