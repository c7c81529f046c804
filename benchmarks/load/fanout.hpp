#pragma once
// One client publishes, all others hear it: what does a delivery cost the server?

#include "latency.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace load {

struct FanoutPlan {
    std::uint16_t port = 0;
    int server_pid = 0;
    std::size_t subscribers = 1;
    std::size_t bytes = 64;    ///< of each message; 16 or more, for its number
    std::size_t in_a_row = 1;  ///< messages sent at once before all of them are awaited
    std::chrono::milliseconds warm_up{200};
    std::chrono::milliseconds length{1000};
};

struct FanoutResult {
    std::uint64_t deliveries = 0;
    std::chrono::nanoseconds elapsed{};
    std::chrono::nanoseconds server_cpu{};
    Latencies latencies;  ///< from before the messages are sent to the turn in which each subscriber has got each
};

/// Throws when a delivery is missing for 10 s, comes twice, out of order, or changed.
FanoutResult run_fanout(const FanoutPlan& plan);

}  // namespace load
