#pragma once
// What is served, and how; read from the command line.

#include "bench/server.hpp"

#include <cstdint>

namespace fanout {

enum class Transport { native, websocketpp };

struct Options {
    std::uint16_t port = 0;  ///< on 127.0.0.1; 0 takes a free one
    bench::Mode mode = bench::Mode::fanout;
    Transport transport = Transport::native;
    bool compression = false;           ///< permessage-deflate, for clients that ask for it
    bool channels = false;              ///< what is published goes out as an event of the JSON protocol, with its history
    bool metrics = false;               ///< counted for Prometheus
    bool bare = false;                  ///< no keep-alive, no rate limit, no journal
    unsigned shards = 1;                ///< hubs, each on a thread of its own
    unsigned publisher_per_second = 0;  ///< messages that a thread of the server's own publishes; 0 for none
};

/// Ends the process when there is something to complain about.
Options read_options(int argc, char** argv);

}  // namespace fanout
