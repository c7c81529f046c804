#pragma once
// What the small examples share and none of them is about: options on the command line, and a SIGTERM that drains.

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
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

constexpr auto usage = R"(options:
  --host ADDR            address to listen on (127.0.0.1)
  --port N               port, 0 takes a free one (9002)
  --transport NAME       websocketpp
  --max-message BYTES    longest message a client may send (1048576)
  --handshake-timeout S  seconds a client may take for its upgrade request (10)
  --close-timeout S      seconds a closing client may take to answer (5)
  --ping-interval S      seconds between two pings (30)
  --pong-timeout S       seconds a pong may take (10, and never more than the ping interval)
)";

[[noreturn]] inline void refuse(std::string_view name, std::string_view value, std::string_view range) {
    std::cerr << name << ": \"" << value << "\" is not " << range << '\n';
    std::exit(2);
}

/// The whole of `text` as a number from `min` to `max`.
template <class Number>
Number number(std::string_view name, std::string_view text, Number min, Number max) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max)
        refuse(name, text, "a number from " + std::to_string(min) + " to " + std::to_string(max));
    return value;
}

/// Ends the process when there is something to complain about.
inline Arguments read_arguments(int argc, char** argv) {
    using Text = std::string_view;
    const auto seconds = [](Text name, Text text) {
        return std::chrono::duration_cast<kb::Duration>(std::chrono::duration<double>{number(name, text, 0.01, 3600.0)});
    };
    Arguments a;
    const std::map<Text, std::function<void(Text, Text)>> options{
        {"--host", [&](Text, Text value) { a.host = value; }},
        {"--port", [&](Text name, Text value) { a.port = number<std::uint16_t>(name, value, 0, 65535); }},
        {"--transport", [&](Text name, Text value) { value == "websocketpp" ? void() : refuse(name, value, "websocketpp"); }},
        {"--max-message", [&](Text name, Text value) { a.max_message = number(name, value, std::size_t{1}, 128_MiB); }},
        {"--handshake-timeout", [&](Text name, Text value) { a.deadlines.handshake = seconds(name, value); }},
        {"--close-timeout", [&](Text name, Text value) { a.deadlines.close = seconds(name, value); }},
        {"--ping-interval", [&](Text name, Text value) { a.keep_alive.ping_interval = seconds(name, value); }},
        {"--pong-timeout", [&](Text name, Text value) { a.keep_alive.pong_timeout = seconds(name, value); }},
    };
    for (int i = 1; i < argc; i += 2) {
        const Text name = argv[i];
        if (name == "--help") {
            std::cout << usage;
            std::exit(0);
        }
        const auto option = options.find(name);
        if (option == options.end()) refuse("option", name, "known; see --help");
        option->second(name, i + 1 < argc ? argv[i + 1] : "");
    }
    a.keep_alive.pong_timeout = std::min(a.keep_alive.pong_timeout, a.keep_alive.ping_interval);
    return a;
}

/// Says where clients connect, and runs until SIGINT or SIGTERM has drained the hub. 06_drain shows what this does.
template <class Transport, class Hub>
void run(asio::io_context& io, const Arguments& arguments, const Transport& transport, Hub& hub) {
    asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&hub](std::error_code error, int) {
        if (!error) hub.drain({.deadline = 5s});
    });
    std::cout << "listening on " << arguments.host << ':' << transport.port() << std::endl;
    io.run();
}

}  // namespace example
