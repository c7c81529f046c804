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

/// Processor time of one scenario, each sample a tick's worth.
struct Costs {
    std::uint64_t decisions = 0;  // a ping to be sent, a pong missed, a session given up
    std::uint64_t pings = 0;
    Sample ticks;
    Sample arrivals;  // sessions that are added
    Sample answers;   // pongs that come in
};

void report(std::string_view scenario, std::uint32_t sessions, const Costs& costs) {
    const auto us = [](Sample::Value v) { return static_cast<double>(v.count()) / 1e3; };
    const auto each = [](const Sample& sample, std::uint64_t count) {
        return static_cast<double>(sample.total().count()) / static_cast<double>(count);
    };
    std::printf(R"({"scenario": "%.*s", "sessions": %u, "ticks": %zu, "pings": %llu, "decisions": %llu, "ns_per_decision": %.1f, )"
                R"("ns_per_answer": %.1f, "ns_per_arrival": %.1f, "longest_arrivals_us": %.1f, )"
                R"("tick_us": {"p50": %.1f, "p99": %.1f, "max": %.1f}})"
                "\n",
                static_cast<int>(scenario.size()), scenario.data(), sessions, costs.ticks.size(),
                static_cast<unsigned long long>(costs.pings), static_cast<unsigned long long>(costs.decisions),
                each(costs.ticks, costs.decisions), each(costs.answers, costs.pings), each(costs.arrivals, sessions),
                us(costs.arrivals.quantile(1.0)), us(costs.ticks.quantile(0.5)), us(costs.ticks.quantile(0.99)),
                us(costs.ticks.quantile(1.0)));
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

    Costs costs;
    std::vector<std::uint32_t> pinged;
    pinged.reserve(sessions / 16);
    const auto on_step = [&](std::uint32_t id, const kb::LivenessStep& step) {
        ++costs.decisions;
        if (step.give_up) {
            pulse.close(id, now + 5s);
        } else if (step.send_ping) {
            ++costs.pings;
            pinged.push_back(id);
        }
    };
    for (const auto end = now + length; now < end;) {
        costs.arrivals.add(bench::cpu_time_of([&] {
            for (std::uint32_t n = 0; n < arrivals && arrived < sessions; ++n, ++arrived) {
                pulse.add(arrived, now + 10s);
                pulse.open(arrived, now, random());
            }
        }));
        now += tick;
        pulse.note_tick(now);
        costs.ticks.add(bench::cpu_time_of([&] { pulse.advance(now, on_step, [&](std::uint32_t id) { pulse.remove(id); }); }));
        if (clients == Clients::answer) {
            costs.answers.add(bench::cpu_time_of([&] {
                for (const std::uint32_t id : pinged) {
                    pulse.on_bytes(id);
                    pulse.on_pong(id, pulse.ping_payload(id), now);
                }
            }));
        }
        pinged.clear();
    }
    if (clients == Clients::vanish && pulse.scheduled() != 0) std::abort();
    report(scenario, sessions, costs);
}

/// The whole hub, default policies and a journal: a ping is decided, encoded, queued, flushed, and noted as written.
void idle_hub(std::uint32_t sessions, std::chrono::seconds length) {
    bench::NullTransport transport;
    kb::testing::ManualClock clock;
    kb::Journal journal;
    kb::Hub hub{transport, clock, journal, kb::RateLimiter{}, kb::Seed{1}};
    std::uint32_t arrived = 0;
    const std::uint32_t arrivals = sessions / static_cast<std::uint32_t>(lap / tick) + 1;

    Costs costs;
    for (auto elapsed = 0ms; elapsed < length; elapsed += tick) {
        costs.arrivals.add(bench::cpu_time_of([&] {
            for (std::uint32_t n = 0; n < arrivals && arrived < sessions; ++n, ++arrived) transport.connect();
        }));
        clock.advance(tick);
        costs.ticks.add(bench::cpu_time_of([&] {
            transport.tick();
            transport.turn();
        }));
        costs.pings += transport.unanswered_pings();
        costs.answers.add(bench::cpu_time_of([&] { transport.answer_pings(); }));
    }
    if (hub.stats().open_sessions != sessions) std::abort();
    costs.decisions = costs.pings;
    report("hub, answered", sessions, costs);
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
