#pragma once
// The attackers: many connections that follow a script, on one epoll set.

#include "scripts.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace attack {

struct SwarmPlan {
    std::string address = "127.0.0.1";  ///< the server's
    std::uint16_t port = 0;
    std::chrono::milliseconds length{3000};
    unsigned per_second = 20'000;  ///< new connections, at most
};

/// What came of it.
struct Toll {
    std::uint64_t connected = 0, failed = 0;  ///< connections
    std::uint64_t ended = 0;                  ///< by the server
    std::uint64_t bytes = 0;                  ///< sent
    std::map<int, std::uint64_t> statuses{};  ///< how often the server gave which HTTP status
    std::map<int, std::uint64_t> closes{};    ///< and which close code
    std::uint64_t open = 0;                   ///< connections when time was up
};

/// Returns when time is up.
Toll run_swarm(const Script& script, const SwarmPlan& plan);

}  // namespace attack
