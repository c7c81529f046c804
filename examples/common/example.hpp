#pragma once
// What the small examples share and none of them is about: options on the command line, a SIGTERM that drains, a SIGHUP that reads
// certificates anew.

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/transport/native.hpp>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>

namespace example {

namespace kb = kingbolt;
using namespace kingbolt::literals;
using namespace std::chrono_literals;

struct Arguments {
    std::string host = "127.0.0.1";
    std::uint16_t port = 9002;  ///< 0 takes a free one
    std::size_t max_message = 1_MiB;
    kb::KeepAlive keep_alive{};
    kb::Deadlines deadlines{};
};

/// `add_more(app)` adds options of one example's own. Ends the process when there is something to complain about.
template <class AddMore = decltype([](CLI::App&) {})>
Arguments read_arguments(int argc, char** argv, AddMore add_more = {}) {
    Arguments a;
    CLI::App app;
    const auto seconds = [&app](const char* name, kb::Duration& target, const char* help) {
        using Seconds = std::chrono::duration<double>;
        const auto store = [name, &target](double value) {
            if (std::isnan(value)) throw CLI::ValidationError{name, "not a number"};  // which is in every range
            target = std::chrono::duration_cast<kb::Duration>(Seconds{value});
        };
        app.add_option_function<double>(name, store, help)
            ->check(CLI::Range(0.01, 3600.0))
            ->type_name("SECONDS")
            ->default_str(std::to_string(std::chrono::duration_cast<std::chrono::seconds>(target).count()));
    };
    app.add_option("--host", a.host, "address to listen on")->type_name("ADDR")->capture_default_str();
    app.add_option("--port", a.port, "port; 0 takes a free one")->check(CLI::Range(0, 65535))->type_name("N")->capture_default_str();
    app.add_option("--max-message", a.max_message, "longest message a client may send")
        ->check(CLI::Range(std::size_t{1}, std::size_t{128_MiB}))
        ->type_name("BYTES")
        ->capture_default_str();
    seconds("--handshake-timeout", a.deadlines.handshake, "time a client may take for its upgrade request");
    seconds("--close-timeout", a.deadlines.close, "time a closing client may take to answer");
    seconds("--ping-interval", a.keep_alive.ping_interval, "time between two pings");
    seconds("--pong-timeout", a.keep_alive.pong_timeout, "time a pong may take, never more than the ping interval");
    add_more(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        std::exit(app.exit(problem) == 0 ? 0 : 2);
    }
    a.keep_alive.pong_timeout = std::min(a.keep_alive.pong_timeout, a.keep_alive.ping_interval);
    return a;
}

/// Says why a server did not begin: an option that is wrong, a port that is taken. What `main` then returns.
inline int complain(const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return dynamic_cast<const kb::InvalidOption*>(&problem) != nullptr ? 2 : 1;
}

/// Certificates and keys are read anew at each SIGHUP until `draining`. Files that are no good are complained of, and those in use stay in
/// use.
template <class Transport>
void reload_on_hangup(asio::signal_set& hangup, const bool& draining, Transport& transport) {
    hangup.async_wait([&](std::error_code error, int) {
        if (error || draining) return;  // one that came just after SIGTERM was not cancelled any more
        try {
            transport.reload();
            std::clog << "certificates reloaded" << std::endl;
        } catch (const std::exception& problem) {
            std::clog << "certificates not reloaded: " << problem.what() << std::endl;
        }
        reload_on_hangup(hangup, draining, transport);
    });
}

/// Says where clients connect, and runs until SIGINT or SIGTERM has drained the hub. 06_drain shows what this does.
template <class Transport, class Hub>
void run(asio::io_context& io, const Arguments& arguments, Transport& transport, Hub& hub) {
    asio::signal_set signals{io, SIGINT, SIGTERM}, hangup{io};
    bool draining = false;
    if constexpr (requires { transport.reload(); }) {
        hangup.add(SIGHUP);
        reload_on_hangup(hangup, draining, transport);
    }
    signals.async_wait([&](std::error_code error, int) {
        if (error) return;
        draining = true;
        hub.drain({.deadline = 5s});
        hangup.cancel();
    });
    std::cout << "listening on " << arguments.host << ':' << transport.port() << std::endl;
    io.run();
}

}  // namespace example
