#pragma once
// What may go wrong at random in a Simulation. All of it is off by default, and all of it is drawn from the seed.

#include <kingbolt/core/time.hpp>

#include <chrono>

namespace kingbolt::testing {

/// Probabilities are 0 to 1. Faults change the order and the size of things, never their truth: bytes stay in order and whole.
struct Faults {
    double write_stall_probability = 0;                      ///< per write of the hub: the kernel takes nothing for a while
    Duration longest_write_stall = std::chrono::seconds{2};  ///< uniform up to this
    bool partial_writes = false;                             ///< the kernel takes a random part of what it has room for
    bool partial_reads = false;                              ///< the transport reads a random part of what has arrived
    double reset_probability = 0;                            ///< per message that reaches a peer: it resets the connection
    Duration wakeup_delay{};                                 ///< a ready connection, task or tick waits up to this long for the loop
    bool reorder_wakeups = false;                            ///< what is ready at one instant runs in a random order
};

}  // namespace kingbolt::testing
