#pragma once
// What is played against a hub, and what it must hold meanwhile: read from a file of scenarios (benchmarks/README.md has its keys).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hubload {

/// A run passes when it exceeds none of them.
struct Limits {
    std::uint64_t disconnects = 0;
    std::uint64_t lost = 0;        ///< events that somebody who had subscribed did not get
    std::uint64_t duplicates = 0;  ///< events that somebody got more than once
    std::uint64_t reordered = 0;   ///< events that came behind a later one of their topic
    double p99_ms = 100;           ///< from the time at which an event was due until its handler is called
    double memory_kib_per_minute =
        64;  ///< growth of the server's memory, as far as the fit shows it: twice its standard error is taken off
};

struct Scenario {
    std::string name{}, about{};
    std::size_t clients = 1;       ///< each of them hears all events
    std::size_t idle_clients = 0;  ///< these subscribe to a topic to which nobody publishes
    std::size_t topics = 1;        ///< `topic`.1 and so on; to each publishes a client of its own
    std::string topic{"load"};
    std::uint64_t events_per_second = 1;  ///< of all topics together
    std::size_t bytes = 64;               ///< of each event's `data`, without its quotes
    std::chrono::seconds warm_up{10};     ///< of which latency and memory are not judged
    std::chrono::seconds length{60};
    std::uint64_t reconnects_per_second = 0;  ///< idle clients, one after the other, that leave and come back at once
    Limits limits{};

    std::size_t sockets() const noexcept { return clients + idle_clients + topics; }
};

/// Throws kingbolt::InvalidOption, which names what is wrong, its value, its range and the cure; std::invalid_argument with the line for
/// what is no JSON.
std::vector<Scenario> read_scenarios(std::string_view json);

}  // namespace hubload
