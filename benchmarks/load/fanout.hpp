#pragma once
// One client publishes, all others hear it, and it publishes again when all have heard it: what does a delivery cost the server?

#include "client.hpp"
#include "measured.hpp"
#include "target.hpp"

#include <cstddef>

namespace load {

struct FanoutPlan {
    std::size_t subscribers = 1;
    std::size_t bytes = 64;    ///< of each message; 32 or more, for its stamp
    std::size_t in_a_row = 1;  ///< messages sent at once before all of them are awaited
    bool events = false;       ///< the messages are such as are worth compressing
    Offer offer = Offer::nothing;
};

/// Throws when a delivery is missing for 10 s, comes twice, out of order, or changed.
Measured run_fanout(const Target& target, const FanoutPlan& plan);

}  // namespace load
