// 01 · Echo: what a client sends comes back to it, unchanged.
//
// Proves: a hub takes a transport and a few policies; text stays text and binary stays binary; every limit is one value; the hub is the
// same whichever transport does the bytes, and whether it compresses them.
// Does not prove: anything about several clients; see 02_broadcast.

#include "../common/example.hpp"

#include <kingbolt/compression/zlib.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <string>
#include <utility>

namespace kb = kingbolt;
using kb::compression::Zlib;
using namespace kingbolt::literals;

namespace {

template <class Transport, class... Compression>
void serve(const example::Arguments& arguments, const kb::Outbox& outbox, Compression... compression) {
    asio::io_context io;
    Transport server{
        io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}, std::move(compression)...};

    kb::Hub hub{server, arguments.keep_alive, arguments.deadlines, outbox};

    hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });

    example::run(io, arguments, server, hub);
}

}  // namespace

int main(int argc, char** argv) {
    std::string transport = "native";
    bool compression = false, no_limits = false;
    auto arguments = example::read_arguments(argc, argv, [&](CLI::App& app) {
        app.add_option("--transport", transport, "who does the bytes")
            ->check(CLI::IsMember({"native", "websocketpp"}))
            ->capture_default_str();
        app.add_flag("--compression", compression, "compress for clients that offer it; native only");
        app.add_flag("--no-limits", no_limits, "messages and queues as large as the library allows")->excludes("--max-message");
        app.callback([&] {
            if (compression && transport != "native") throw CLI::ValidationError{"--compression", "only --transport native compresses"};
        });
    });
    kb::Outbox outbox{.max_bytes = 4 * arguments.max_message + 1_MiB};  // a few of the largest echoes may wait
    if (no_limits) {
        arguments.max_message = 1_GiB;
        outbox = {.max_bytes = 1_GiB, .max_messages = 1'000'000};
    }
    if (transport == "websocketpp")
        serve<kb::transport::Websocketpp>(arguments, outbox);
    else if (compression)
        serve<kb::transport::Native<Zlib>>(arguments, outbox,
                                           Zlib{{.server_context_takeover = true, .client_context_takeover = true, .max_ratio = 2'000}});
    else
        serve<kb::transport::Native<>>(arguments, outbox);
}
