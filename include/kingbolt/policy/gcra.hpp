#pragma once
// The generic cell rate algorithm (ITU-T I.371, the virtual scheduling form), for anything that takes up a length of time.

#include <kingbolt/concepts/rate_limit.hpp>
#include <kingbolt/core/time.hpp>

#include <algorithm>

namespace kingbolt::detail {

struct GcraStep {
    Admission admission{};
    TimePoint full_at{};  ///< the theoretical arrival time once this has been counted: when the bucket would be full again
};

/// May what takes `cost` of a bucket of `capacity` pass at `now`? It is for the caller to keep `full_at`, also when it does not pass: a
/// debt is paid off before anything else passes.
constexpr GcraStep gcra(TimePoint full_at, TimePoint now, Duration cost, Duration capacity) noexcept {
    full_at = std::max(full_at, now) + cost;
    const TimePoint allowed_at = full_at - capacity;
    return {now < allowed_at ? Admission{false, allowed_at - now} : Admission{}, full_at};
}

}  // namespace kingbolt::detail
