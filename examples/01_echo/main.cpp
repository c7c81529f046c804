// 01 · Echo: what a client sends comes back to it, unchanged.
//
// Proves: a hub takes a transport and a few policies; text stays text and binary stays binary; every limit is one value; the hub is the
// same whichever transport does the bytes.
// Does not prove: anything about several clients; see 02_broadcast.

#include "../common/example.hpp"

#include <kingbolt/transport/websocketpp.hpp>

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::literals;

namespace {

template <class Transport>
void serve(const example::Arguments& arguments) {
    asio::io_context io;
    Transport server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    kb::Hub hub{server, arguments.keep_alive, arguments.deadlines,
                kb::Outbox{.max_bytes = 4 * arguments.max_message + 1_MiB}};  // a few of the largest echoes may wait

    hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });

    example::run(io, arguments, server, hub);
}

}  // namespace

int main(int argc, char** argv) {
    std::string transport = "native";
    const auto arguments = example::read_arguments(argc, argv, [&transport](CLI::App& app) {
        app.add_option("--transport", transport, "who does the bytes")
            ->check(CLI::IsMember({"native", "websocketpp"}))
            ->capture_default_str();
    });
    if (transport == "native")
        serve<kb::transport::Native<>>(arguments);
    else
        serve<kb::transport::Websocketpp>(arguments);
}
