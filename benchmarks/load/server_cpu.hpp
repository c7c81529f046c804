#pragma once
// Processor time of another process, to the nanosecond: the first figure of /proc/PID/task/TID/schedstat, which the kernel's
// scheduler brings up to date whenever a thread goes to sleep (Documentation/scheduler/sched-stats).

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace load {

/// Of all threads together. Read it while the server sleeps.
inline std::chrono::nanoseconds cpu_time_of(int pid) {
    std::chrono::nanoseconds total{};
    for (const auto& thread : std::filesystem::directory_iterator{"/proc/" + std::to_string(pid) + "/task"}) {
        std::chrono::nanoseconds::rep ns = 0;
        if (!(std::ifstream{thread.path() / "schedstat"} >> ns)) throw std::runtime_error{"no schedstat: is CONFIG_SCHED_INFO off?"};
        total += std::chrono::nanoseconds{ns};
    }
    return total;
}

}  // namespace load
