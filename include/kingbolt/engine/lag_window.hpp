#pragma once
// How late the loop was at worst, in this minute and the one before: long enough to explain a connection that has just died,
// short enough not to blame an old stall.

#include <kingbolt/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace kingbolt::engine {

class LagWindow {
public:
    void note(Duration lag, TimePoint now) noexcept {
        if (now - minute_began_ >= std::chrono::minutes{1}) {
            last_minute_ = std::exchange(this_minute_, Duration::zero());
            minute_began_ = now;
        }
        this_minute_ = std::max(this_minute_, lag);
    }

    Duration worst() const noexcept { return std::max(this_minute_, last_minute_); }

private:
    TimePoint minute_began_{};
    Duration this_minute_{};
    Duration last_minute_{};
};

}  // namespace kingbolt::engine
