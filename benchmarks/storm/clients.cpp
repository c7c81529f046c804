// Many clients that come back by themselves: `ready COUNT` whenever another one is, `waiting NANOSECONDS` for each wait that begins.
//
//     storm_clients URL COUNT

#include "bench/server.hpp"

#include <kingbolt/client.hpp>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <cstdio>
#include <deque>
#include <string>

namespace kb = kingbolt;

int main(int argc, char** argv) {
    std::string url;
    std::size_t count = 0;
    CLI::App app{"Clients that come back"};
    app.add_option("URL", url)->required();
    app.add_option("COUNT", count)->required();
    CLI11_PARSE(app, argc, argv);

    bench::allow_many_sockets();
    asio::io_context io{1};
    std::deque<kb::Client> clients;
    std::deque<bool> ready(count, false);
    std::size_t all = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto& client = clients.emplace_back(io.get_executor(), kb::ClientOptions{.url = url});
        client.on({.on_state = [&, i](const kb::client::StateChanged& change) {
            const bool is_ready = change.state == kb::client::State::ready;
            if (is_ready != ready[i]) all += is_ready ? 1 : std::size_t(-1);
            ready[i] = is_ready;
            if (is_ready) std::printf("ready %zu\n", all);
            if (change.state == kb::client::State::waiting) std::printf("waiting %lld\n", static_cast<long long>(change.delay.count()));
            std::fflush(stdout);
        }});
        client.subscribe("status", {});
        client.start();
    }
    io.run();
}
