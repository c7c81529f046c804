#pragma once
// Clients that connect, upgrade and close again, each with a Close frame and its answer.

#include "measured.hpp"
#include "target.hpp"

#include <cstddef>

namespace load {

/// `at_once` clients are in each of these steps together. Throws when a server refuses one or does not close properly.
Measured run_handshakes(const Target& target, std::size_t at_once);

}  // namespace load
