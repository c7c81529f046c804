#pragma once
// Time as kingbolt speaks of it. Nothing below the transports reads a clock: `now` always arrives as an argument,
// which is what lets a day of traffic run in seconds and a failure replay from its seed.

#include <chrono>

namespace kingbolt {

/// Every option that is a length of time has this type; any chrono duration converts to it without loss.
using Duration = std::chrono::nanoseconds;

/// A moment on the monotonic clock. It never steps back when the wall clock is set.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// Whole milliseconds, rounded towards zero: the unit of log lines and close reasons.
constexpr std::chrono::milliseconds::rep milliseconds(Duration d) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace kingbolt
