#pragma once
// One measurement of memory: in a process of its own, one JSON object for each figure.

#include "bench/memory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bench {

struct Memory {
    std::size_t allocated = allocated_bytes();
    std::size_t resident = resident_bytes();
};

/// What one of `count` has added since `before`, less `others` bytes each that belong to somebody else.
inline void report(std::string_view scenario, std::uint64_t count, const Memory& before, std::size_t others = 0) {
    const Memory after;
    const auto each = [&](std::size_t now, std::size_t then) {
        return (static_cast<double>(now) - static_cast<double>(then)) / static_cast<double>(count) - static_cast<double>(others);
    };
    std::printf(R"({"scenario": "%.*s", "count": %llu, "allocated_bytes_each": %.1f, "resident_bytes_each": %.1f})"
                "\n",
                static_cast<int>(scenario.size()), scenario.data(), static_cast<unsigned long long>(count),
                each(after.allocated, before.allocated), each(after.resident, before.resident));
    std::fflush(stdout);
}

template <class Scenario>
void in_a_process_of_its_own(Scenario&& scenario) {
    const pid_t child = fork();
    if (child == 0) {
        scenario();
        std::fflush(stdout);
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) std::abort();
}

}  // namespace bench
