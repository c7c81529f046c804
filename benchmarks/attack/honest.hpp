#pragma once
// The clients that an attack must not harm: each asks for something a few times a second and notes how long the answer took.

#include <cstddef>
#include <cstdint>
#include <string>

namespace attack {

struct HonestPlan {
    std::string address = "127.0.0.1";  ///< the server's; ten clients each come from 127.0.1.x, or over IPv6 from 2001:db8:x::1
    std::uint16_t port = 0;
    std::size_t clients = 100;
    unsigned per_second = 4;  ///< of each
    std::string token{};      ///< without one they send an echo server something, with one they subscribe and ask the reference server
};

/// Prints "connected" and obeys its input until that ends: "begin" forgets what was measured; "end" waits for the answers that are
/// missing, for 10 s at most, and prints a line of JSON. Throws when the server ends one of the connections.
void run_honest(const HonestPlan& plan);

}  // namespace attack
