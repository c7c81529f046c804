#pragma once
// What all connections of the simulated server share.

#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/testing/detail/world.hpp>

#include <cstddef>
#include <vector>

namespace kingbolt::testing {

class SimulatedConnection;

namespace detail {

struct Server {
    World& world;
    std::size_t max_message;                                 ///< bytes; a larger one is a failure (rule 8)
    TransportEvents<SimulatedConnection>* events = nullptr;  ///< the hub, while it is attached
    bool listening = false;
    std::vector<SimulatedConnection*> live{};  ///< in the backlog, or accepted and not closed
};

}  // namespace detail
}  // namespace kingbolt::testing
