// A hub with channels that says when it accepted whom, and how many it turned away: `open NANOSECONDS` and, when it ends, `turned-away
// COUNT`.
//
//     storm_server PORT --accepts-per-second N --burst N

#include "bench/server.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/policy/admission_control.hpp>
#include <kingbolt/protocol/json.hpp>
#include <kingbolt/transport/native.hpp>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>

namespace kb = kingbolt;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
    std::uint16_t port = 0;
    double accepts_per_second = 200;
    std::uint32_t burst = 50;
    CLI::App app{"A hub with channels and a bound for new connections"};
    app.add_option("PORT", port)->required();
    app.add_option("--accepts-per-second", accepts_per_second)->capture_default_str();
    app.add_option("--burst", burst)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    bench::allow_many_sockets();
    asio::io_context io{1};
    kb::transport::Native server{io, {.port = port}};
    std::uint64_t turned_away = 0;
    // All clients of this bench come from one address.
    kb::Hub hub{server,
                kb::AdmissionControl{
                    .accepts_per_second = accepts_per_second, .accept_burst = burst, .max_per_ip = 100'000, .handshakes_per_ip = 100'000},
                kb::On{[&](const kb::event::TurnedAway&) { ++turned_away; }}, kb::On{[](const kb::event::Opened& e) {
                    std::printf("open %lld\n", static_cast<long long>(e.at.time_since_epoch().count()));
                    std::fflush(stdout);
                }},
                kb::On{[&](const kb::event::Drained&) { io.stop(); }}};
    kb::Channels channels{hub, kb::protocol::Json{}};
    channels.configure("status", {.retain = true});
    channels.publish("status", "up", "true");

    asio::signal_set signals{io, SIGTERM};
    signals.async_wait([&](auto error, int) {
        if (!error) hub.drain({.deadline = 5s, .reconnects_per_second = accepts_per_second});
    });
    bench::announce_port(server.port());
    io.run();
    std::printf("turned-away %llu\n", static_cast<unsigned long long>(turned_away));
}
