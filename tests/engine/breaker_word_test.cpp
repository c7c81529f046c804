#include <kingbolt/engine/breaker_word.hpp>

#include <chrono>
#include <cstdint>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;
using engine::BreakerWord;

namespace {

constexpr TimePoint start{10'000h};

BreakerWord open_until(TimePoint at) { return BreakerWord::make(BreakerState::open, 0, 1, BreakerWord::moment(at)); }
bool over(TimePoint until, TimePoint now) {
    return BreakerWord::Probes{.issued = 1, .lease = BreakerWord::Probes::lease_until(until)}.lease_over(now);
}

}  // namespace

TEST_CASE("a word gives back what was put into it") {
    for (const auto state :
         {BreakerState::closed, BreakerState::open, BreakerState::half_open, BreakerState::forced_open, BreakerState::disabled}) {
        const auto word = BreakerWord::make(state, 9, 1'000'001, 77);
        CHECK(word.state() == state);
        CHECK(word.reopenings() == 9);
        CHECK(word.generation() == 1'000'001);
        CHECK(word.payload() == 77);
        CHECK(word.with_payload(78).payload() == 78);
        CHECK(word.with_payload(78).generation() == 1'000'001);
    }
    const auto probes =
        BreakerWord::make(BreakerState::half_open, 0, 0, BreakerWord::Probes{.issued = 15, .succeeded = 14, .lease = 5}.payload()).probes();
    CHECK(probes.issued == 15);
    CHECK(probes.succeeded == 14);
    CHECK(probes.lease == 5);
}

TEST_CASE("generations follow each other and begin anew after 2^20, reopenings stop at 15") {
    CHECK(BreakerWord::make(BreakerState::closed, 0, 7).next_generation() == 8);
    CHECK(BreakerWord::make(BreakerState::closed, 0, breaker_generations - 1).next_generation() == 0);
    CHECK(BreakerWord::make(BreakerState::open, 16, 0).reopenings() == 15);
}

TEST_CASE("the time until a probe is exact to the nanosecond, towards a deadline in whole milliseconds") {
    CHECK(open_until(start + 5s).until_probe(start) == 5s);
    CHECK(open_until(start + 5s).until_probe(start + 1s + 1ns) == 4s - 1ns);
    CHECK(open_until(start + 5s).until_probe(start + 5s) == 0ns);
    CHECK(open_until(start + 5s).until_probe(start + 6s) == -1s);
    CHECK(open_until(start + 5s + 1ns).until_probe(start) == 5001ms);
}

TEST_CASE("a lease ends at the quarter of a second that follows, inclusive") {
    CHECK_FALSE(over(start + 256ms, start + 256ms - 1ns));
    CHECK(over(start + 256ms, start + 256ms));
    CHECK_FALSE(over(start + 257ms, start + 511ms));
    CHECK(over(start + 257ms, start + 512ms));
    CHECK_FALSE(over(TimePoint{0s}, TimePoint{-1ns}));
}

TEST_CASE("deadlines work across the wrap of their clock, and before its zero") {
    for (const auto now :
         {TimePoint{std::chrono::milliseconds{(std::int64_t{1} << 37) - 1'000}},
          TimePoint{std::chrono::milliseconds{(std::int64_t{1} << 38) - 1'000}}, TimePoint{-1h}, TimePoint{-500ms}, TimePoint{0s}}) {
        CHECK(open_until(now + 2s).until_probe(now) == 2s);
        CHECK(open_until(now + 2s).until_probe(now + 720h) == 2s - 720h);
        CHECK(open_until(now + 720h).until_probe(now) == 720h);
        CHECK_FALSE(over(now + 24h, now));
        CHECK(over(now + 24h, now + 24h + 256ms));
        CHECK(over(now + 24h, now + 8'760h));
    }
}
