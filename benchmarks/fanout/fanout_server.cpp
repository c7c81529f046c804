// The hub under load: every message of any client goes to all clients but those that connected to /publish.
// All policies are on; the limits are so wide that they never act.
//
//     fanout_server PORT [--transport websocketpp]

#include "bench/server_process.hpp"

#include <kingbolt/engine/journal.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <string_view>

namespace kb = kingbolt;

int main(int argc, char** argv) {
    const bool named = argc == 4 && std::string_view{argv[2]} == "--transport" && std::string_view{argv[3]} == "websocketpp";
    if (argc != 2 && !named) {
        std::fprintf(stderr, "usage: fanout_server PORT [--transport websocketpp]\n");
        return 2;
    }
    asio::io_context io;
    bench::ServerProcess process{io};

    kb::transport::Websocketpp server{io, {.port = bench::port_argument(argv[1])}};
    kb::Journal journal;
    kb::Hub hub{server, kb::KeepAlive{}, kb::RateLimiter{.per_second = 1e9, .burst = 1'000'000}, kb::Outbox{}, kb::Deadlines{}, journal};
    hub.on_open([](kb::Session& client) {
        if (client.path() != "/publish") client.subscribe("all");
    });
    hub.on_message([&hub](kb::Session&, kb::Message message) { hub.publish("all", message); });

    process.announce(server.port());
    io.run();
}
