// How late a tick is, and what a loop that stalled holds against nobody.

#include <kingbolt/policy/keep_alive.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
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

TEST_CASE("a tick is late by what exceeds one tick since the last; the first is on time") {
    PulseLoop<KeepAlive> loop;
    loop.turn(start + 20s);
    CHECK(loop.lag == 0ms);
    loop.turn(loop.now + 100ms);
    CHECK(loop.lag == 0ms);
    loop.turn(loop.now + 350ms);
    CHECK(loop.lag == 250ms);
    loop.turn(loop.now + 40ms);
    CHECK(loop.lag == 0ms);
}

TEST_CASE("a loop that ran more than a second late counts that lap against nobody") {
    const auto [late, missed] = GENERATE(table<Duration, bool>({{1s, true}, {1s + 1ns, false}}));
    PulseLoop<KeepAlive> loop{{.ping_interval = 1s, .pong_timeout = 500ms}};
    loop.open(0);
    loop.turn(start + tick);
    REQUIRE(loop.steps.size() == 1);
    loop.turn(loop.now + tick + late);
    CHECK(loop.lag == late);
    const bool told = std::ranges::any_of(loop.steps, [](const PulseStep& s) { return s.step.missed; });
    CHECK(told == missed);
}

TEST_CASE("a deadline that passed while the loop was stalled has a second more, once") {
    PulseLoop<KeepAlive> loop;
    loop.pulse.add(0, start + 10s);
    loop.run_until(start + 9s);
    loop.turn(start + 14s);
    CHECK(loop.deadlines.empty());
    loop.run_until(start + 14'900ms);
    CHECK(loop.deadlines.empty());

    loop.turn(start + 17s);  // a second stall is no second reprieve
    CHECK(loop.deadlines == Ids{0});
}

TEST_CASE("a deadline after the stall is not touched by it") {
    PulseLoop<KeepAlive> loop;
    loop.pulse.add(0, start + 10s);
    loop.turn(start + tick);
    loop.turn(start + 8s);
    loop.run_until(start + 9'900ms);
    CHECK(loop.deadlines.empty());
    loop.run_until(start + 10s);
    CHECK(loop.deadlines == Ids{0});
}
