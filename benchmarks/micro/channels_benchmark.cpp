// What channels cost beside the hub: reading what a client wrote, writing what it hears, and what is kept for those who come back.

#include "bench/null_transport.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/protocol/json.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <variant>

namespace {

namespace kb = kingbolt;

/// A publish of 256 bytes.
std::string publication() {
    const std::string before = R"({"type":"publish","id":4,"topic":"chat.lobby","event":"said","data":{"n":1,"text":")", behind = R"("}})";
    return before + std::string(256 - before.size() - behind.size(), 'x') + behind;
}

void read_publish(benchmark::State& state) {
    kb::protocol::Json json;
    const std::string text = publication();
    for (auto _ : state) {
        auto request = json.read(text);
        if (std::get<kb::channel::Publish>(request).data.empty()) state.SkipWithError("no data");
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

/// From the message's bytes to the frame of all subscribers, in the history; nobody listens.
void route_publish(benchmark::State& state) {
    bench::NullTransport transport;
    kb::Hub hub{transport, kb::RateLimiter{.per_second = 1e9, .burst = 1'000'000}, kb::Seed{1}};
    kb::Channels channels{hub, kb::protocol::Json{}};
    channels.configure("chat.*", {.client_publish = true});
    kb::Session* publisher = nullptr;
    hub.on_open([&](kb::Session& client) { publisher = &client; });
    transport.connect();
    std::string text = publication();
    text.replace(text.find(R"("id":4,)"), 7, "       ");
    for (auto _ : state) {
        channels.receive(*publisher, text);
        transport.turn();
    }
    if (hub.stats().published != static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("a publication is missing");
}

void write_event(benchmark::State& state) {
    const kb::protocol::Json json;
    for (auto _ : state)
        benchmark::DoNotOptimize(json.event({"agents.7", "status", "k3", 45, 1'764'111'600'123, R"({"cpu_percent":12.5})"}));
}

/// A client that has missed 128 events of 64 bytes.
void recover(benchmark::State& state) {
    bench::NullTransport transport;
    kb::Hub hub{transport, kb::RateLimiter{.per_second = 1e9, .burst = 1'000'000}, kb::Seed{1}};
    kb::Channels channels{hub, kb::protocol::Json{}, {.epoch = "k"}};
    for (int i = 0; i < 128; ++i) channels.publish("a", "n", '"' + std::string(64, 'x') + '"');
    kb::Session* client = nullptr;
    hub.on_open([&](kb::Session& session) { client = &session; });
    transport.connect();
    for (auto _ : state) {
        channels.receive(*client, std::string{R"({"type":"subscribe","id":1,"topic":"a","epoch":"k","seq":0})"});
        transport.turn();
    }
    if (transport.messages_written() != static_cast<std::uint64_t>(state.iterations()) * 129) state.SkipWithError("a delivery is missing");
}

BENCHMARK(read_publish);
BENCHMARK(route_publish);
BENCHMARK(write_event);
BENCHMARK(recover);

}  // namespace
