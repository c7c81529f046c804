// What one client says, all of them hear. Whoever comes or goes is a line on stderr.
#include <kingbolt/kingbolt.hpp>
#include <kingbolt/transport/native.hpp>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <system_error>

namespace kb = kingbolt;
using namespace std::chrono_literals;

int main() try {
    asio::io_context io;
    kb::transport::Native server{io, {.port = 9002}};

    kb::Hub hub{server, kb::KeepAlive{.ping_interval = 30s}, kb::RateLimiter{.per_second = 50, .burst = 100},
                kb::On{[](const kb::event::Opened& e) { std::clog << kb::describe(e) << std::endl; }},
                kb::On{[](const kb::event::Closed& e) { std::clog << kb::describe(e) << std::endl; }}};

    hub.on_open([](kb::Session& client) { client.subscribe("lobby"); });
    hub.on_message([&hub](kb::Session&, kb::Message message) { hub.publish("lobby", message); });

    asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&hub](std::error_code error, int) {
        if (!error) hub.drain();
    });

    std::cout << "listening on ws://127.0.0.1:" << server.port() << std::endl;
    io.run();  // returns when the hub has drained
} catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
