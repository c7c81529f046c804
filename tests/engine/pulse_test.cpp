// Liveness and deadlines, tick by tick, as a hub runs them. What a stalled loop changes is in pulse_stall_test.cpp.

#include <kingbolt/policy/keep_alive.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/pulse_loop.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;
using test::PulseLoop;
using test::PulseStep;

namespace {

constexpr TimePoint start = test::pulse_start;
constexpr Duration tick = test::pulse_tick;
using Ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("a handshake has until its deadline, and the deadline fires once") {
    PulseLoop<KeepAlive> loop;
    loop.pulse.add(0, start + 10s);
    loop.run_until(start + 9'900ms);
    CHECK(loop.deadlines.empty());
    loop.run_until(start + 10s);
    CHECK(loop.deadlines == Ids{0});
    loop.run_until(start + 1min);
    CHECK(loop.deadlines == Ids{0});
    CHECK(loop.steps.empty());
    CHECK(loop.pulse.scheduled() == 0);
}

TEST_CASE("an open session has no deadline, and liveness begins") {
    PulseLoop<KeepAlive> loop;
    loop.open(0, std::uint64_t{1} << 63U);
    loop.run_until(start + 15s);
    CHECK(loop.deadlines.empty());
    REQUIRE(loop.steps.size() == 1);
    CHECK(loop.steps[0].step.send_ping);
    CHECK(loop.pulse.ping_sequence(0) == 1);
}

TEST_CASE("a closing session is not asked for life any more, only its deadline counts") {
    PulseLoop<KeepAlive> loop;
    loop.open(0);
    loop.run_until(start + 1s);
    REQUIRE(loop.steps.size() == 1);
    loop.pulse.close(0, loop.now + 5s);
    loop.run_until(start + 5'900ms);
    CHECK(loop.deadlines.empty());
    loop.run_until(start + 6s);
    CHECK(loop.deadlines == Ids{0});
    loop.run_until(start + 5min);
    CHECK(loop.steps.size() == 1);
}

TEST_CASE("a deadline can be hastened, never put off") {
    PulseLoop<KeepAlive> loop;
    loop.pulse.add(0, start + 10s);
    loop.pulse.add(1, start + 10s);
    loop.pulse.hasten(0, start + 2s);
    loop.pulse.hasten(1, start + 20s);
    loop.run_until(start + 2s);
    CHECK(loop.deadlines == Ids{0});
    loop.run_until(start + 10s);
    CHECK(loop.deadlines == Ids{0, 1});
}

TEST_CASE("when every session has gone, no appointment is left") {
    PulseLoop<KeepAlive> loop;
    for (std::uint32_t id = 0; id < 100; ++id) {
        loop.pulse.add(id, start + 10s);
        if (id % 2 == 0) loop.pulse.open(id, start, id * 0x0123'4567'89AB'CDEFU);
    }
    loop.run_until(start + 5s);
    for (std::uint32_t id = 0; id < 100; ++id) loop.pulse.remove(id);
    CHECK(loop.pulse.scheduled() == 0);
    const std::size_t before = loop.steps.size();
    loop.run_until(start + 5min);
    CHECK(loop.steps.size() == before);
    CHECK(loop.deadlines.empty());
}

TEST_CASE("whoever takes over an index takes over nothing else") {
    PulseLoop<KeepAlive> loop;
    loop.open(0);
    loop.run_until(start + 45s);  // two pings, one miss
    REQUIRE(loop.pulse.ping_sequence(0) == 2);
    loop.pulse.remove(0);
    loop.open(0);
    loop.steps.clear();
    loop.run_until(loop.now + 10'200ms);
    REQUIRE(loop.steps.size() == 2);
    CHECK(loop.pulse.ping_sequence(0) == 1);
    CHECK(loop.steps[1].step.misses == 1);
}

TEST_CASE("pongs and bytes reach the session they belong to") {
    PulseLoop<KeepAlive> loop;
    for (const std::uint32_t id : {0U, 1U}) loop.open(id, id);
    loop.run_until(start + 1s);
    REQUIRE(loop.steps.size() == 2);
    const std::string ping{std::string_view{loop.pulse.ping_payload(1)}};
    CHECK(loop.pulse.on_pong(0, ping, loop.now) == std::nullopt);
    loop.pulse.on_bytes(1);
    CHECK(loop.pulse.on_pong(1, ping, loop.now + 3ms).has_value());
    loop.steps.clear();
    loop.run_until(start + 11s);
    REQUIRE(loop.steps.size() == 1);
    CHECK(loop.steps[0].id == 0);
    CHECK(loop.steps[0].step.missed);
}

TEST_CASE("a session that answered its ping is not looked at again before the next one") {
    PulseLoop<KeepAlive> loop;
    loop.open(0);
    loop.run_until(start + 1s);
    REQUIRE(loop.steps.size() == 1);
    loop.pulse.on_bytes(0);
    loop.pulse.on_pong(0, loop.pulse.ping_payload(0), loop.now);
    loop.run_until(start + 29s);
    CHECK(loop.steps.size() == 1);
    CHECK(loop.pulse.scheduled() == 1);
    loop.run_until(start + 31s);
    REQUIRE(loop.steps.size() == 2);
    CHECK(loop.steps[1].step.send_ping);
    CHECK_FALSE(loop.steps[1].step.missed);
}

TEST_CASE("with the defaults and 100 ms ticks a vanished peer is given up at most 100.4 s after its last byte") {
    PulseLoop<KeepAlive> loop;
    std::mt19937_64 random{5};
    std::vector<TimePoint> last_byte;
    std::vector<TimePoint> cut;
    for (std::uint32_t id = 0; id < 500; ++id) {
        loop.open(id, random());
        last_byte.push_back(start);
        cut.push_back(start + Duration{static_cast<Duration::rep>(random() % 120'000'000'000)});
    }
    Duration longest{};
    std::size_t given_up = 0;
    while (given_up < 500) {
        REQUIRE(loop.now < start + 5min);
        // A loop with work to do is never quite on time, and its ticks are not the wheel's.
        loop.turn(loop.now + tick + Duration{static_cast<Duration::rep>(random() % 20'000'000)} - 10ms);
        for (const PulseStep& step : loop.steps) {
            if (step.step.give_up) {
                longest = std::max(longest, loop.now - last_byte[step.id]);
                loop.pulse.remove(step.id);
                ++given_up;
            } else if (step.step.send_ping && loop.now < cut[step.id]) {
                last_byte[step.id] = loop.now;
                loop.pulse.on_bytes(step.id);
            }
        }
        loop.steps.clear();
    }
    CHECK(longest <= 100'420ms);  // the ping and its judgement: each a tick of the wheel and one of the loop, 10 ms late here
    CHECK(longest > 95s);
    CHECK(loop.pulse.scheduled() == 0);
}

TEST_CASE("what a step leads to may open, close and remove sessions at once") {
    engine::Pulse<KeepAlive> pulse{KeepAlive{}, start};
    pulse.add(0, start + 10s);
    pulse.open(0, start, 0);
    int steps = 0;
    int deadlines = 0;
    TimePoint now = start;
    for (int n = 0; n < 100; ++n) {
        now += tick;
        pulse.note_tick(now);
        pulse.advance(
            now,
            [&](std::uint32_t id, const LivenessStep&) {
                ++steps;
                for (std::uint32_t other = 1; other < 2'000; ++other) pulse.add(other, now + 1s);
                pulse.close(id, now + 2s);
            },
            [&](std::uint32_t id) {
                ++deadlines;
                pulse.remove(id);
            });
    }
    CHECK(steps == 1);
    CHECK(deadlines == 2'000);
    CHECK(pulse.scheduled() == 0);
}

namespace {

// The smallest policy that ends sessions: it gives up without a ping or a miss.
struct TimeBudget {
    struct State {
        TimePoint end{};
    };
    static void start(State& state, TimePoint now, std::uint64_t) { state.end = now + 3s; }
    static TimePoint due(const State& state) { return state.end; }
    static LivenessStep on_due(State& state, TimePoint, TimePoint) {
        state.end = TimePoint::max();
        return {.give_up = true};
    }
    static void on_bytes(State&) {}
    static std::optional<Duration> on_pong(State&, std::string_view, TimePoint) { return std::nullopt; }
    static void on_write_waiting(State&, TimePoint) {}
    static void on_write_moved(State&, TimePoint, bool) {}
    static std::string_view ping_payload(const State&) { return {}; }
    static std::uint32_t ping_sequence(const State&) { return 0; }
};

}  // namespace

TEST_CASE("a liveness policy may give up without ever having asked") {
    PulseLoop<TimeBudget> loop;
    loop.open(0);
    loop.run_until(start + 1min);
    REQUIRE(loop.steps.size() == 1);
    CHECK(loop.steps[0].step.give_up);
}

TEST_CASE("without keep-alive nothing is ever asked, and a session costs its deadline and two flags") {
    PulseLoop<NoKeepAlive> loop;
    loop.open(0, 7);
    loop.run_until(start + 1h);
    CHECK(loop.steps.empty());
    CHECK(loop.deadlines.empty());

    struct WithoutLiveness {
        TimePoint deadline;
        bool watched;
        bool reprieved;
    };
    static_assert(engine::Pulse<NoKeepAlive>::entry_size() == sizeof(WithoutLiveness));
    static_assert(engine::Pulse<KeepAlive>::entry_size() == 64);  // one cache line
}
