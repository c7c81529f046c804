// The engine's small parts, one call each.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/engine/journal.hpp>
#include <kingbolt/engine/timer_wheel.hpp>
#include <kingbolt/engine/topic_index.hpp>
#include <kingbolt/policy/rate_limiter.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace {

namespace kb = kingbolt;
using namespace std::chrono_literals;

constexpr kb::TimePoint start{10'000h};

void encode_frame(benchmark::State& state) {
    const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) benchmark::DoNotOptimize(kb::Frame::encode(kb::Opcode::text, payload));
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void share_frame(benchmark::State& state) {
    const auto frame = kb::Frame::encode(kb::Opcode::text, "x");
    for (auto _ : state) {
        kb::Frame copy = frame;
        benchmark::DoNotOptimize(copy);
    }
}

/// One of 1,000 sessions joins and leaves a topic that the other 999 hear, and it hears `state.range(0)` other topics.
void subscribe_and_unsubscribe(benchmark::State& state) {
    kb::engine::TopicIndex topics;
    for (std::uint32_t session = 1; session < 1'000; ++session) topics.subscribe(session, "agents.1");
    for (std::int64_t i = 0; i < state.range(0); ++i) topics.subscribe(0, "other." + std::to_string(i));
    for (auto _ : state) {
        topics.subscribe(0, "agents.1");
        topics.unsubscribe(0, "agents.1");
    }
}

/// A fact that takes an entry of its own, of one of 1,000 sessions in turn.
void journal_entry(benchmark::State& state) {
    kb::Journal journal;
    std::uint32_t session = 0;
    for (auto _ : state) journal(kb::event::PingSent{.session = {++session % 1'000, 1}, .sequence = 1, .at = start});
}

/// A message that continues a run: it is counted in the entry that is there.
void journal_run(benchmark::State& state) {
    kb::Journal journal;
    for (auto _ : state) journal(kb::event::MessageReceived{.session = {7, 1}, .opcode = kb::Opcode::text, .bytes = 64, .at = start});
}

void admit(benchmark::State& state) {
    const kb::RateLimiter limiter{.per_second = 50, .burst = 100};
    kb::RateLimiter::State peer;
    auto now = start;
    for (auto _ : state) {
        benchmark::DoNotOptimize(peer);
        benchmark::DoNotOptimize(limiter.admit(peer, now += 20ms));
    }
}

void refuse(benchmark::State& state) {
    const kb::RateLimiter limiter{.per_second = 0.001, .burst = 1};
    kb::RateLimiter::State peer;
    auto now = start;
    limiter.admit(peer, now);
    for (auto _ : state) {
        benchmark::DoNotOptimize(peer);
        benchmark::DoNotOptimize(limiter.admit(peer, now += 1ns));
    }
}

/// A tick of the timer wheel with `state.range(0)` appointments, each of which comes round every 30 s. An item is one that fires.
void timer_wheel(benchmark::State& state) {
    const auto timers = static_cast<std::uint32_t>(state.range(0));
    kb::engine::TimerWheel wheel{start, 100ms};
    for (std::uint32_t id = 0; id < timers; ++id) wheel.schedule(id, start + 30s * (id + 1) / timers);
    auto now = start;
    std::int64_t fired = 0;
    const auto again = [&](std::uint32_t) {
        ++fired;
        return now + 30s;
    };
    for (auto _ : state) wheel.advance(now += 100ms, again, [](std::uint32_t) {});
    state.SetItemsProcessed(fired);
}

BENCHMARK(encode_frame)->Arg(64)->Arg(512)->Arg(4'096)->Arg(65'536);
BENCHMARK(share_frame);
BENCHMARK(subscribe_and_unsubscribe)->Arg(0)->Arg(10)->Arg(100);
BENCHMARK(journal_entry);
BENCHMARK(journal_run);
BENCHMARK(admit);
BENCHMARK(refuse);
BENCHMARK(timer_wheel)->Arg(1'000)->Arg(1'000'000);

}  // namespace
