// 01 · Echo: what a client sends comes back to it, unchanged.
//
// Proves: a hub takes a transport and a few policies; text stays text and binary stays binary; every limit is one value.
// Does not prove: anything about several clients; see 02_broadcast.

#include "../common/example.hpp"

namespace kb = kingbolt;
using namespace kingbolt::literals;

int main(int argc, char** argv) {
    const auto arguments = example::read_arguments(argc, argv);

    asio::io_context io;
    kb::transport::Websocketpp server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    kb::Hub hub{server, arguments.keep_alive, arguments.deadlines,
                kb::Outbox{.max_bytes = 4 * arguments.max_message + 1_MiB}};  // a few of the largest echoes may wait

    hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });

    example::run(io, arguments, server, hub);
}
