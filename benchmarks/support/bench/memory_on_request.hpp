#pragma once
// A server on Asio that tells what it has allocated: only the process itself can ask malloc. What of it is resident anybody can read.

#include "bench/memory.hpp"

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <system_error>

namespace bench {

/// Each SIGUSR1 prints the line `allocated BYTES`.
class MemoryOnRequest {
public:
    explicit MemoryOnRequest(asio::io_context& io) : signals_{io, SIGUSR1} { wait(); }

private:
    void wait() {
        signals_.async_wait([this](std::error_code error, int) {
            if (error) return;
            std::printf("allocated %zu\n", allocated_bytes());
            std::fflush(stdout);
            wait();
        });
    }

    asio::signal_set signals_;
};

}  // namespace bench
