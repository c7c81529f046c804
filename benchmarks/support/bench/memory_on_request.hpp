#pragma once
// What every measured server does besides serving: it says its port, may have many sockets, and tells its memory when asked.

#include "bench/memory.hpp"

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <sys/resource.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace bench {

/// The soft limit of open files becomes the hard one.
inline void allow_many_sockets() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

inline std::uint16_t port_argument(const char* text) {
    const std::string_view digits{text};
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        std::fprintf(stderr, "\"%s\" is not a port from 0 to 65535\n", text);
        std::exit(2);
    }
    return port;
}

/// `announce` once, before the loop runs; from then on each SIGUSR1 prints the lines `allocated BYTES` and `resident BYTES`.
class ServerProcess {
public:
    explicit ServerProcess(asio::io_context& io) : signals_{io, SIGUSR1} {
        allow_many_sockets();
        wait();
    }

    void announce(std::uint16_t port) const { say("port", port); }

private:
    static void say(const char* what, std::size_t value) {
        std::printf("%s %zu\n", what, value);
        std::fflush(stdout);
    }
    void wait() {
        signals_.async_wait([this](std::error_code error, int) {
            if (error) return;
            say("allocated", allocated_bytes());
            say("resident", resident_bytes());
            wait();
        });
    }

    asio::signal_set signals_;
};

}  // namespace bench
