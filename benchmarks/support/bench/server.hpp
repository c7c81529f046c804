#pragma once
// What every measured server does besides serving: `PROGRAM PORT fanout|echo`, many sockets, and a line that says its port.

#include <sys/resource.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace bench {

enum class Mode {
    fanout,  ///< every message of any client goes to all clients but those that connected to /publish
    echo,    ///< every message goes back to its sender, and to nobody else
};

struct ServerArguments {
    std::uint16_t port = 0;  ///< on 127.0.0.1; 0 takes a free one
    Mode mode = Mode::fanout;
};

/// Ends the process when there is something to complain about.
inline ServerArguments server_arguments(int argc, char** argv) {
    ServerArguments arguments;
    const std::string_view digits{argc == 3 ? argv[1] : ""}, mode{argc == 3 ? argv[2] : ""};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), arguments.port);
    if (error != std::errc{} || end != digits.data() + digits.size() || (mode != "fanout" && mode != "echo")) {
        std::fprintf(stderr, "usage: %s PORT fanout|echo\n", argv[0]);
        std::exit(2);
    }
    if (mode == "echo") arguments.mode = Mode::echo;
    return arguments;
}

/// The soft limit of open files becomes the hard one.
inline void allow_many_sockets() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Once the server listens.
inline void announce_port(std::uint16_t port) {
    std::printf("port %u\n", static_cast<unsigned>(port));
    std::fflush(stdout);
}

}  // namespace bench
