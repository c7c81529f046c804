// What keep-alive costs: the timer wheel and the policy alone, with a million idle sessions, and the whole hub with 100,000.
// Time is virtual, in ticks of 100 ms; each tick's cost is the processor time of that tick. One JSON object a scenario.
//
//     bench_keep_alive [repetitions]

#include "bench/cpu_time.hpp"
#include "bench/null_transport.hpp"
#include "bench/sample.hpp"

#include <kingbolt/engine/journal.hpp>
#include <kingbolt/engine/pulse.hpp>
#include <kingbolt/engine/random.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace kb = kingbolt;
using bench::Sample;

constexpr auto tick = 100ms;
constexpr auto lap = 30s;  // the default interval between two pings

void report(std::string_view scenario, std::uint32_t sessions, std::uint64_t pings, const Sample& ticks) {
    const auto us = [](Sample::Value v) { return static_cast<double>(v.count()) / 1e3; };
    std::printf(R"({"scenario": "%.*s", "sessions": %u, "ticks": %zu, "pings": %llu, "ns_per_ping": %.1f, )"
                R"("tick_us": {"p50": %.1f, "p99": %.1f, "max": %.1f}})"
                "\n",
                static_cast<int>(scenario.size()), scenario.data(), sessions, ticks.size(), static_cast<unsigned long long>(pings),
                static_cast<double>(ticks.total().count()) / static_cast<double>(pings), us(ticks.quantile(0.5)), us(ticks.quantile(0.99)),
                us(ticks.quantile(1.0)));
}

/// Whether, and in which order, the clients answer their pings.
enum class Clients { answer, stay_silent, vanish };

/// The engine alone. The sessions arrive evenly over the first lap. Clients that stay silent are never given up; those that
/// vanish are, with the default policy, and leave.
void idle_pulse(std::string_view scenario, Clients clients, std::uint32_t sessions, std::chrono::seconds length) {
    const kb::KeepAlive policy{.max_missed_pongs = clients == Clients::vanish ? 3U : 100U};
    kb::TimePoint now = kb::testing::ManualClock::start;
    kb::engine::Pulse<kb::KeepAlive> pulse{policy, now};
    kb::engine::Random random{1};
    std::uint32_t arrived = 0;
    const std::uint32_t arrivals = sessions / static_cast<std::uint32_t>(lap / tick) + 1;

    Sample ticks;
    std::uint64_t pings = 0;
    std::vector<std::uint32_t> pinged;
    const auto on_step = [&](std::uint32_t id, const kb::LivenessStep& step) {
        if (step.give_up) {
            pulse.close(id, now + 5s);
        } else if (step.send_ping) {
            ++pings;
            pinged.push_back(id);
        }
    };
    for (const auto end = now + length; now < end;) {
        for (std::uint32_t n = 0; n < arrivals && arrived < sessions; ++n, ++arrived) {
            pulse.add(arrived, now + 10s);
            pulse.open(arrived, now, random());
        }
        now += tick;
        pulse.note_tick(now);
        ticks.add(bench::cpu_time_of([&] { pulse.advance(now, on_step, [&](std::uint32_t id) { pulse.remove(id); }); }));
        if (clients == Clients::answer) {
            for (const std::uint32_t id : pinged) {
                pulse.on_bytes(id);
                pulse.on_pong(id, pulse.ping_payload(id), now);
            }
        }
        pinged.clear();
    }
    if (clients == Clients::vanish && pulse.scheduled() != 0) std::abort();
    report(scenario, sessions, pings, ticks);
}

/// The whole hub, default policies and a journal: a ping is decided, encoded, queued, flushed, and noted as written.
void idle_hub(std::uint32_t sessions, std::chrono::seconds length) {
    bench::NullTransport transport;
    kb::testing::ManualClock clock;
    kb::Journal journal;
    kb::Hub hub{transport, clock, journal, kb::RateLimiter{}, kb::Seed{1}};
    std::uint32_t arrived = 0;
    const std::uint32_t arrivals = sessions / static_cast<std::uint32_t>(lap / tick) + 1;

    Sample ticks;
    std::uint64_t pings = 0;
    for (auto elapsed = 0ms; elapsed < length; elapsed += tick) {
        for (std::uint32_t n = 0; n < arrivals && arrived < sessions; ++n, ++arrived) transport.connect();
        clock.advance(tick);
        ticks.add(bench::cpu_time_of([&] {
            transport.tick();
            transport.turn();
        }));
        pings += transport.unanswered_pings();
        transport.answer_pings();
    }
    if (hub.stats().open_sessions != sessions) std::abort();
    report("hub, answered", sessions, pings, ticks);
}

}  // namespace

int main(int argc, char** argv) {
    const int repetitions = argc > 1 ? std::atoi(argv[1]) : 1;
    for (int i = 0; i < repetitions; ++i) {
        idle_pulse("engine, answered", Clients::answer, 1'000'000, 3 * lap);
        idle_pulse("engine, unanswered", Clients::stay_silent, 1'000'000, 3 * lap);
        idle_pulse("engine, vanished", Clients::vanish, 1'000'000, 150s);
        idle_hub(100'000, 3 * lap);
    }
}
