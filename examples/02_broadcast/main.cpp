// 02 · Broadcast: what one client sends, all of them get.
//
// Proves: a publication is encoded once and shared by all subscribers; a client that does not read loses its place, and
// nobody waits for it.
// Does not prove: that clients can choose what they get; see 03_topics.

#include "../common/example.hpp"

#include <exception>

namespace kb = kingbolt;
using namespace kingbolt::literals;

int main(int argc, char** argv) try {
    const auto arguments = example::read_arguments(argc, argv);

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    // [hub]
    kb::Hub hub{server, arguments.keep_alive, arguments.deadlines,
                kb::Outbox{.max_bytes = 4 * arguments.max_message + 1_MiB, .when_full = kb::WhenFull::disconnect}};

    hub.on_open([](kb::Session& client) { client.subscribe("lobby"); });
    hub.on_message([&hub](kb::Session&, kb::Message message) { hub.publish("lobby", message); });
    // [hub]

    example::run(io, arguments, server, hub);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
