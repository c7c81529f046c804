#pragma once
// Which server is measured, and for how long.

#include <chrono>
#include <cstdint>

namespace load {

struct Target {
    std::uint16_t port = 0;
    int server_pid = 0;
    std::chrono::milliseconds length{1000};
    std::chrono::milliseconds warm_up{200};  ///< not counted
};

/// Nothing is late for longer: it is lost.
constexpr std::chrono::seconds patience{10};

}  // namespace load
