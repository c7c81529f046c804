// The small parts that judge time: the clamp over a clock, the memory of how late the loop was, the reproducible dice.

#include <kingbolt/engine/lag_window.hpp>
#include <kingbolt/engine/monotonic.hpp>
#include <kingbolt/engine/random.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <random>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

TEST_CASE("a clock that only goes forward is passed on as it is") {
    engine::Monotonic monotonic;
    CHECK(monotonic(TimePoint{-1s}) == TimePoint{-1s});
    CHECK(monotonic(TimePoint{5s}) == TimePoint{5s});
    CHECK(monotonic(TimePoint{5s}) == TimePoint{5s});
    CHECK(monotonic(TimePoint{6s}) == TimePoint{6s});
}

TEST_CASE("a clock that steps back is held where it was and goes on from there") {
    engine::Monotonic monotonic;
    monotonic(TimePoint{100s});
    CHECK(monotonic(TimePoint{40s}) == TimePoint{100s});
    CHECK(monotonic(TimePoint{41s}) == TimePoint{101s});
    CHECK(monotonic(TimePoint{10s}) == TimePoint{101s});
    CHECK(monotonic(TimePoint{12s}) == TimePoint{103s});
}

TEST_CASE("whatever a clock does, time never runs backwards, and forward steps are kept whole") {
    std::mt19937_64 random{1};
    engine::Monotonic monotonic;
    TimePoint reading{1h};
    TimePoint last = monotonic(reading);
    for (int n = 0; n < 10'000; ++n) {
        const Duration step{static_cast<Duration::rep>(random() % 2'000'000'000) - 1'000'000'000};
        reading += step;
        const TimePoint now = monotonic(reading);
        REQUIRE(now - last == std::max(step, Duration::zero()));
        last = now;
    }
}

TEST_CASE("the worst lag of this minute and the last is remembered, and no older one") {
    engine::LagWindow window;
    TimePoint now{10h};
    window.note(0ms, now);
    window.note(700ms, now += 10s);
    window.note(20ms, now += 10s);
    CHECK(window.worst() == 700ms);
    for (int n = 0; n < 6; ++n) window.note(5ms, now += 10s);
    CHECK(window.worst() == 700ms);  // in the minute before
    for (int n = 0; n < 12; ++n) window.note(5ms, now += 10s);
    CHECK(window.worst() == 5ms);
}

TEST_CASE("a new hub knows of no lag") { CHECK(engine::LagWindow{}.worst() == 0ms); }

TEST_CASE("one seed gives one sequence: that of SplitMix64") {
    // The first values for seed 1234567, as published with the generator's reference tests.
    engine::Random random{1234567};
    CHECK(random() == 6457827717110365317U);
    CHECK(random() == 3203168211198807973U);
    CHECK(random() == 9817491932198370423U);
}

TEST_CASE("below(n) stays below n, and reaches everything there") {
    engine::Random random{7};
    std::array<int, 10> seen{};
    for (int n = 0; n < 10'000; ++n) ++seen.at(random.below(10));
    for (const int count : seen) {
        CHECK(count > 800);
        CHECK(count < 1200);
    }
    CHECK(random.below(1) == 0);
    CHECK(random.below(0) == 0);
}
