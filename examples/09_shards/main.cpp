// 09 · Shards: one port, a hub on each of several threads, and what anybody says reaches everybody.
//
// Proves: hubs share nothing but the backplane; each has its loop, its acceptor and its clients; messages come in one order on all.
// Does not prove: that more threads are always faster. One hub serves tens of thousands of clients; look at its load first.

#include "../common/example.hpp"

#include <kingbolt/backplane/shards.hpp>

#include <thread>
#include <vector>

namespace kb = kingbolt;

int main(int argc, char** argv) {
    unsigned threads = 2;
    const auto arguments = example::read_arguments(argc, argv, [&threads](CLI::App& app) {
        app.add_option("--threads", threads, "hubs, each on a thread of its own")->check(CLI::Range(1, 256))->capture_default_str();
    });

    kb::backplane::Shards shards;
    const auto serve = [&](asio::io_context& io, kb::transport::Native<>& server) {
        kb::Hub hub{server, shards, arguments.keep_alive, arguments.deadlines};
        hub.on_open([](kb::Session& client) { client.subscribe("everybody"); });
        hub.on_message([&hub](kb::Session&, kb::Message message) { hub.publish("everybody", message); });
        example::run(io, arguments, server, hub);
    };
    kb::transport::NativeOptions options{
        .address = arguments.host, .port = arguments.port, .max_message = arguments.max_message, .reuse_port = true};

    asio::io_context io;
    kb::transport::Native server{io, options};
    options.port = server.port();  // which the kernel may have chosen

    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) {
        others.emplace_back([&serve, &options] {
            asio::io_context own;
            kb::transport::Native another{own, options};
            serve(own, another);
        });
    }
    serve(io, server);
}
