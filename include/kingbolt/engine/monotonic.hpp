#pragma once
// A clock that steps back is held where it was and goes on from there: time never runs backwards inside a hub, and never stands.

#include <kingbolt/core/time.hpp>

namespace kingbolt::engine {

class Monotonic {
public:
    TimePoint operator()(TimePoint reading) noexcept {
        if (reading < last_reading_) ahead_ += last_reading_ - reading;
        last_reading_ = reading;
        return reading + ahead_;
    }

private:
    TimePoint last_reading_ = TimePoint::min();
    Duration ahead_{};
};

}  // namespace kingbolt::engine
