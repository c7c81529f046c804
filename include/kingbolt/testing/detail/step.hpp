#pragma once
// Everything that a Simulation's trace can say.

#include <cstdint>
#include <string_view>

namespace kingbolt::testing::detail {

enum class Step : std::uint8_t {
    connect,       ///< a peer's SYN reaches the server
    establish,     ///< the answer to it reaches the peer
    reach_peer,    ///< bytes, or the end of them, reach the peer's kernel
    reach_server,  ///< likewise the server's
    peer_reads,    ///< a slow peer takes its next bytes
    unstall,       ///< a stalled write may go on
    wake,          ///< the loop turns to a connection
    tasks,         ///< the loop runs what was posted
    tick,
    thaw,  ///< the loop is no longer frozen
    turn_end,
    // From here on: what the hub commanded.
    write,
    close,
    abort,
    pause,
    resume,
};

constexpr std::string_view to_string(Step step) noexcept {
    switch (step) {
    case Step::connect: return "connect";
    case Step::establish: return "establish";
    case Step::reach_peer: return "reach_peer";
    case Step::reach_server: return "reach_server";
    case Step::peer_reads: return "peer_reads";
    case Step::unstall: return "unstall";
    case Step::wake: return "wake";
    case Step::tasks: return "tasks";
    case Step::tick: return "tick";
    case Step::thaw: return "thaw";
    case Step::turn_end: return "turn_end";
    case Step::write: return "write";
    case Step::close: return "close";
    case Step::abort: return "abort";
    case Step::pause: return "pause";
    case Step::resume: return "resume";
    }
    return "unknown";
}

}  // namespace kingbolt::testing::detail
