#pragma once
// Messages at a fixed rate, and once a second many clients at once that ask for the past of another topic: does anybody who is there wait
// for those who come back?

#include "measured.hpp"
#include "rate.hpp"
#include "target.hpp"

#include <cstddef>

namespace load {

struct RecoverPlan {
    RatePlan live{};
    std::size_t clients = 1000;  ///< who come back; 0: nobody does
};

/// Latencies are those of the live messages. The server has the topic `past` with `past_events` events, of which each client gets all, or
/// it throws.
Measured run_recover(const Target& target, const RecoverPlan& plan);

}  // namespace load
