#pragma once
// Clients that get back what they send, each with a fixed number of messages under way.

#include "measured.hpp"
#include "target.hpp"

#include <cstddef>

namespace load {

struct EchoPlan {
    std::size_t connections = 1;
    std::size_t in_flight = 1;  ///< messages of each connection that are under way at any time
    std::size_t bytes = 64;     ///< of each message; 32 or more, for its stamp
};

/// Throws when an echo is missing for 10 s, comes twice, out of order, or changed.
Measured run_echo(const Target& target, const EchoPlan& plan);

}  // namespace load
