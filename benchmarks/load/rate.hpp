#pragma once
// Messages at a fixed rate, whether the earlier ones have arrived or not: how long does each take from the time at which it was due?
// A late message counts as late even where the publisher was held up, so that a server cannot hide a pause by delaying the next
// question (coordinated omission).

#include "measured.hpp"
#include "target.hpp"

#include <cstddef>

namespace load {

struct RatePlan {
    std::size_t subscribers = 1;
    std::size_t bytes = 64;  ///< of each message; 32 or more, for its stamp
    unsigned per_second = 1000;
};

/// Throws when a delivery is missing for 10 s, comes twice, out of order, or changed.
Measured run_rate(const Target& target, const RatePlan& plan);

/// The server publishes by itself, 64 bytes each; only listens.
Measured run_listen(const Target& target, std::size_t subscribers);

}  // namespace load
