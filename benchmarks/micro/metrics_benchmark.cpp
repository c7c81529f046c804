// What is done for each turn, tick and pong, and for each scrape; and publishing without sockets, counted and not.

#include "bench/null_transport.hpp"

#include <kingbolt/engine/journal.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/metrics.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace {

namespace kb = kingbolt;

void observe_duration(benchmark::State& state) {
    kb::metrics::HubMetrics counted;
    kb::Duration took{};
    for (auto _ : state) {
        took += std::chrono::microseconds{7};
        if (took > std::chrono::milliseconds{50}) took = {};
        counted(kb::event::TurnWritten{took, {}});
    }
    benchmark::DoNotOptimize(counted);
}
BENCHMARK(observe_duration);

/// A hub, channels and two breakers, as text.
void write_page(benchmark::State& state) {
    const kb::metrics::HubMetrics counted;
    const kb::metrics::BreakerMetrics changes;
    for (auto _ : state) {
        kb::metrics::Page page;
        counted.write(page, {});
        write(page, kb::ChannelStats{});
        for (const char* name : {"list", "status"}) changes.write(page, {.name = name});
        benchmark::DoNotOptimize(page.text());
    }
}
BENCHMARK(write_page);

/// `state.range(0)` clients, and `state.range(1)` publications in a turn.
template <class Observer>
void publish(benchmark::State& state) {
    bench::NullTransport transport;
    kb::Journal journal;
    Observer observer;
    kb::Hub hub{transport, journal, kb::RateLimiter{}, kb::Seed{1}, observer};
    hub.on_open([](kb::Session& client) { client.subscribe("agents.1"); });
    for (std::int64_t i = 0; i < state.range(0); ++i) transport.connect();
    const std::string payload(64, 'x');
    for (auto _ : state) {
        for (std::int64_t i = 0; i < state.range(1); ++i) hub.publish("agents.1", payload);
        transport.turn();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}
BENCHMARK(publish<kb::Silent>)->Name("publish")->Args({10, 1})->Args({100, 1})->Args({1'000, 1})->Args({1'000, 32});
BENCHMARK(publish<kb::metrics::HubMetrics>)->Name("publish_counted")->Args({10, 1})->Args({100, 1})->Args({1'000, 1})->Args({1'000, 32});

}  // namespace
