// 09 · Shards: one port, a hub on each of several threads, and what anybody says reaches everybody.
//
// Proves: hubs share nothing but the backplane; each has its loop, its acceptor and its clients; messages come in one order on all.
// Does not prove: that more threads are always faster. One hub serves tens of thousands of clients; look at its load first.

#include "../common/example.hpp"

#include <kingbolt/backplane/shards.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <stop_token>
#include <system_error>
#include <thread>
#include <vector>

namespace kb = kingbolt;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    unsigned threads = 2;
    const auto arguments = example::read_arguments(argc, argv, [&threads](CLI::App& app) {
        app.add_option("--threads", threads, "hubs, each on a thread of its own")->check(CLI::Range(1, 256))->capture_default_str();
    });

    kb::backplane::Shards shards;
    std::stop_source end;
    const auto serve = [&](asio::io_context& io, kb::transport::Native<>& server) {
        kb::Hub hub{server, shards, arguments.keep_alive, arguments.deadlines};
        hub.on_open([](kb::Session& client) { client.subscribe("everybody"); });
        hub.on_message([&hub](kb::Session&, kb::Message message) { hub.publish("everybody", message); });
        // At once where the end came before the hub.
        const std::stop_callback drain{end.get_token(), [&hub] { hub.drain({.deadline = 5s}); }};
        io.run();
    };
    kb::transport::NativeOptions options{
        .address = arguments.host, .port = arguments.port, .max_message = arguments.max_message, .reuse_port = true};

    asio::io_context io;
    kb::transport::Native server{io, options};
    options.port = server.port();  // which the kernel may have chosen

    // One for all: those of the threads might not be there yet.
    asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&end](std::error_code error, int) {
        if (!error) end.request_stop();
    });

    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) {
        others.emplace_back([&serve, &options] {
            asio::io_context own;
            kb::transport::Native another{own, options};
            serve(own, another);
        });
    }
    std::cout << "listening on " << arguments.host << ':' << options.port << std::endl;
    serve(io, server);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
