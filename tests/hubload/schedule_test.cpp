// When events are due, whatever happens.

#include "schedule.hpp"

#include <chrono>
#include <cstdint>

#include "support/catch.hpp"

using hubload::Schedule;
using namespace std::chrono_literals;

namespace {

constexpr Schedule::TimePoint start{1'000s + 7ns};

}  // namespace

TEST_CASE("the first event is due at the start, and a second has as many as it should") {
    const Schedule schedule{start, 1'000};
    CHECK(schedule.due(0) == start);
    CHECK(schedule.due(1) == start + 1ms);
    CHECK(schedule.due(1'000) == start + 1s);
    CHECK(schedule.due_by(start - 1ns) == 0);
    CHECK(schedule.due_by(start) == 1);
    CHECK(schedule.due_by(start + 1s - 1ns) == 1'000);
    CHECK(schedule.due_by(start + 1s) == 1'001);
}

TEST_CASE("after a pause all that was due meanwhile is due, each at its own time") {
    const Schedule schedule{start, 100};
    const std::uint64_t before = schedule.due_by(start + 1s);
    const std::uint64_t after = schedule.due_by(start + 1'300ms);
    CHECK(after - before == 30);
    CHECK(schedule.due(before) == start + 1'010ms);
    CHECK(schedule.due(after - 1) == start + 1'300ms);
}

TEST_CASE("an event is due from its time on, not a nanosecond earlier, at rates that do not divide a second too") {
    for (const std::uint64_t per_second : {1U, 3U, 7U, 999U, 30'011U, 999'983U, 1'000'000U}) {
        const Schedule schedule{start, per_second};
        for (const std::uint64_t index :
             {std::uint64_t{0}, std::uint64_t{1}, per_second - 1, per_second, per_second + 1, 12'345 * per_second + 2}) {
            INFO(index << " at " << per_second << "/s");
            CHECK(schedule.due_by(schedule.due(index)) == index + 1);
            CHECK(schedule.due_by(schedule.due(index) - 1ns) == index);
        }
    }
}

TEST_CASE("rounding does not add up in a week") {
    const Schedule schedule{start, 999'983};
    CHECK(schedule.due(std::uint64_t{7 * 24 * 3600} * 999'983) == start + 7 * 24h);
}
