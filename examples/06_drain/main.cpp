// 06 · Drain: a server that goes down without anybody noticing more than a reconnect. Send it SIGTERM, or press Ctrl-C.
//
// Proves: a draining hub takes nobody new, delivers what is queued, tells each client in its Close frame (code 4001) when to come
// back, spread over the rate that the next server can accept, and ends within the deadline, whatever the clients do.
// Does not prove: that clients obey. The delay stands in the close reason, `server_drain after_ms=350`; reading it is up to them.

#include "../common/example.hpp"

#include <kingbolt/engine/describe.hpp>

#include <exception>
#include <iostream>

namespace kb = kingbolt;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    const auto arguments = example::read_arguments(argc, argv);

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    kb::Hub hub{server,
                arguments.keep_alive,
                arguments.deadlines,
                kb::On{[](const kb::event::Draining& e) { std::clog << "draining " << e.sessions << " sessions\n"; }},
                kb::On{[](const kb::event::Closed& e) { std::clog << kb::describe(e) << '\n'; }},
                kb::On{[](const kb::event::Drained& e) { std::clog << "drained, " << e.forced << " by force\n"; }}};

    asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&hub](std::error_code error, int) {
        if (!error) hub.drain({.deadline = 10s, .reconnects_per_second = 50});
    });

    std::cout << "listening on " << arguments.host << ':' << server.port() << std::endl;
    io.run();  // returns after Drained: a drained hub gives its loop nothing more to do
} catch (const std::exception& problem) {
    return example::complain(problem);
}
