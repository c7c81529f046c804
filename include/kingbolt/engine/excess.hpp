#pragma once
// What is remembered of a session that has asked more than it may. Most never do, so it is kept apart from them.

#include <kingbolt/core/time.hpp>

#include <chrono>
#include <cstdint>

namespace kingbolt::engine {

struct Excess {
    TimePoint reported_at = TimePoint::min();
    TimePoint throttled_until = TimePoint::min();
    std::uint32_t owed = 0;  ///< messages that passed without being counted, because the session is throttled for them

    /// Whether it is to be told now; counts it as told. Once a second is enough.
    bool reports(TimePoint now) noexcept {
        if (reported_at != TimePoint::min() && now < reported_at + std::chrono::seconds{1}) return false;
        reported_at = now;
        return true;
    }
};

}  // namespace kingbolt::engine
