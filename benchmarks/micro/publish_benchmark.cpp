// One publication, from `publish` to the last subscriber's write, without sockets. items_per_second counts deliveries.

#include "bench/null_transport.hpp"

#include <kingbolt/engine/journal.hpp>
#include <kingbolt/hub.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

namespace {

namespace kb = kingbolt;

/// `state.range(0)` clients, each of which hears the topic once, and all policies on.
void publish(benchmark::State& state, bool also_by_pattern) {
    bench::NullTransport transport;
    kb::Journal journal;
    kb::Hub hub{transport, journal, kb::RateLimiter{}, kb::Seed{1}};
    hub.on_open([=](kb::Session& client) {
        client.subscribe("agents.1");
        if (also_by_pattern) client.subscribe("agents.*");
    });
    for (std::int64_t i = 0; i < state.range(0); ++i) transport.connect();
    const std::string payload(64, 'x');
    for (auto _ : state) {
        hub.publish("agents.1", payload);
        transport.turn();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    if (transport.messages_written() != static_cast<std::uint64_t>(state.iterations() * state.range(0)))
        state.SkipWithError("a delivery is missing");
}

void publish_exact(benchmark::State& state) { publish(state, false); }
void publish_exact_and_pattern(benchmark::State& state) { publish(state, true); }

/// As `publish_exact`, 32 in a row before the turn of the loop ends: each client gets one write.
void publish_burst(benchmark::State& state) {
    constexpr int burst = 32;
    bench::NullTransport transport;
    kb::Journal journal;
    kb::Hub hub{transport, journal, kb::RateLimiter{}, kb::Seed{1}};
    hub.on_open([](kb::Session& client) { client.subscribe("agents.1"); });
    for (std::int64_t i = 0; i < state.range(0); ++i) transport.connect();
    const std::string payload(64, 'x');
    for (auto _ : state) {
        for (int i = 0; i < burst; ++i) hub.publish("agents.1", payload);
        transport.turn();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0) * burst);
}

BENCHMARK(publish_exact)->RangeMultiplier(10)->Range(1, 10'000);
BENCHMARK(publish_exact_and_pattern)->Arg(1'000);
BENCHMARK(publish_burst)->Arg(1)->Arg(1'000);

}  // namespace
