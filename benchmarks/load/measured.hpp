#pragma once
// What every scenario gives back.

#include "bench/latencies.hpp"
#include "server_cpu.hpp"

#include <chrono>
#include <cstdint>
#include <thread>

namespace load {

struct Measured {
    std::uint64_t count = 0;  ///< deliveries, echoes or handshakes
    std::chrono::nanoseconds elapsed{};
    std::chrono::nanoseconds server_cpu{};
    bench::Latencies latencies;
};

/// Adds what the server uses while `work` runs, and until it has nothing left to do: the last message may arrive before the server
/// has finished its turn.
template <class Work>
void measure(Measured& measured, int server_pid, Work&& work) {
    const auto cpu = [server_pid] {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
        return cpu_time_of(server_pid);
    };
    const auto before = cpu();
    const auto start = std::chrono::steady_clock::now();
    work();
    measured.elapsed += std::chrono::steady_clock::now() - start;
    measured.server_cpu += cpu() - before;
}

}  // namespace load
