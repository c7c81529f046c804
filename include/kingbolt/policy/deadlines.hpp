#pragma once
// How long a peer may take for what it has to do once.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <string>

namespace kingbolt {

/// Judged at the hub's ticks: a deadline fires up to 0.2 s late.
struct Deadlines {
    using slot = slot::deadlines;

    /// From accept to a complete upgrade request, or until a plain one has been answered and the client has taken the answer; 10 ms to 1 h.
    Duration handshake = std::chrono::seconds{10};
    Duration close = std::chrono::seconds{5};            ///< from the decision to close to the end of the connection; 10 ms to 1 h
    Duration reauthenticate = std::chrono::seconds{25};  ///< from the end of its credentials to the end of a session; 10 ms to 1 h

    /// Throws InvalidOption.
    void validate() const {
        check("Deadlines.handshake", handshake);
        check("Deadlines.close", close);
        check("Deadlines.reauthenticate", reauthenticate);
    }

private:
    static void check(const char* option, Duration value) {
        using namespace std::chrono_literals;
        if (value < 10ms || value > 1h)
            throw InvalidOption{option, std::to_string(milliseconds(value)) + " ms", "10 ms to 1 h", "a few seconds suit most networks"};
    }
};

}  // namespace kingbolt
