// 04 · Keep-alive: the hub asks every client whether it is still there, and says on stderr what it hears and why each one left.
//
// Try: connect, then stop the client with SIGSTOP. Its kernel still takes every byte, so no write fails; the missed pongs tell.
//
// Proves: pings, round trips and misses are events; three misses in a row end a session, with a verdict.
// Does not prove: that 1 s is a good interval; it is short so that there is something to see. The default is 30 s.

#include "../common/example.hpp"

#include <kingbolt/engine/describe.hpp>

#include <exception>
#include <iostream>

namespace kb = kingbolt;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    auto arguments = example::read_arguments(argc, argv);
    arguments.keep_alive = {.ping_interval = 1s, .pong_timeout = 500ms, .max_missed_pongs = 3};

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    // [hub]
    kb::Hub hub{server,
                arguments.keep_alive,
                arguments.deadlines,
                kb::On{[](const kb::event::Opened& e) { std::clog << kb::describe(e) << '\n'; }},
                kb::On{[](const kb::event::PongReceived& e) {
                    if (e.rtt) std::clog << "pong from " << e.session << " after " << *e.rtt / 1us << " us\n";
                }},
                kb::On{[](const kb::event::PongMissed& e) { std::clog << e.session << " missed " << e.in_a_row << " in a row\n"; }},
                kb::On{[](const kb::event::Closed& e) { std::clog << kb::describe(e) << '\n'; }}};
    // [hub]

    example::run(io, arguments, server, hub);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
