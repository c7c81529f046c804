#pragma once
// One scenario against one server.

#include "result.hpp"
#include "scenario.hpp"

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace hubload {

struct Target {
    std::string url{}, token{};
    std::optional<pid_t> pid{};  ///< of the server, to look at its memory and CPU
};

/// What whoever waits may want to see meanwhile. Each may be empty.
struct Watcher {
    std::function<void(std::size_t there, std::size_t of)> on_coming{};
    std::function<void()> on_playing{};  ///< all are there, and the first event is due
    std::function<void(const Sample& sample)> on_second{};
};

/// Everything in one thread. SIGINT and SIGTERM end it early. Throws when it cannot be played: std::runtime_error when not all clients come
/// in, or what they hear is not what was published; InvalidOption when this process may not have so many sockets.
Result play(const Scenario& scenario, const Target& target, const Watcher& watcher);

}  // namespace hubload
