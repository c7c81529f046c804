#include <kingbolt/policy/rate_limiter.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{std::chrono::hours{5}};

struct Passed {
    TimePoint at;
    std::uint32_t n;
};

// The specification, in its own words: over every time from one passage to another, both included, at most
// `burst + per_second * T`. `per_second` is a whole number here, so that the comparison is exact.
bool conforms(const std::vector<Passed>& passed, std::int64_t per_second, std::uint32_t burst) {
    for (std::size_t first = 0; first < passed.size(); ++first) {
        std::int64_t count = 0;
        for (std::size_t last = first; last < passed.size(); ++last) {
            count += passed[last].n;
            const std::int64_t allowed_ns = (passed[last].at - passed[first].at).count() * per_second;
            if ((count - burst) * 1'000'000'000 > allowed_ns) return false;
        }
    }
    return true;
}

}  // namespace

TEST_CASE("at most `burst` pass at once") {
    const RateLimiter limiter{.per_second = 10, .burst = 5};
    RateLimiter::State state;
    for (int n = 0; n < 5; ++n) CHECK(limiter.admit(state, start));
    CHECK_FALSE(limiter.admit(state, start));
}

TEST_CASE("a refusal says when the same request would pass, to the nanosecond") {
    const RateLimiter limiter{.per_second = 8, .burst = 3};
    RateLimiter::State state;
    for (int n = 0; n < 3; ++n) REQUIRE(limiter.admit(state, start));
    const Admission refused = limiter.admit(state, start + 5ms, 2);
    REQUIRE_FALSE(refused);
    CHECK(refused.retry_after == 245ms);
    RateLimiter::State too_early = state;
    CHECK_FALSE(limiter.admit(too_early, start + 5ms + refused.retry_after - 1ns, 2));
    CHECK(limiter.admit(state, start + 5ms + refused.retry_after, 2));
}

TEST_CASE("a refusal changes nothing: who knocks often waits no longer") {
    const RateLimiter limiter{.per_second = 1, .burst = 1};
    RateLimiter::State state;
    REQUIRE(limiter.admit(state, start));
    for (int n = 1; n < 1000; ++n) REQUIRE_FALSE(limiter.admit(state, start + n * 1ms));
    CHECK(limiter.admit(state, start + 1s));
}

TEST_CASE("one at a time at exactly the rate passes for ever") {
    const RateLimiter limiter{.per_second = 50, .burst = 1};
    RateLimiter::State state;
    for (int n = 0; n < 10'000; ++n) REQUIRE(limiter.admit(state, start + n * 20ms));
}

TEST_CASE("idleness saves up no more than `burst`") {
    const RateLimiter limiter{.per_second = 1000, .burst = 4};
    RateLimiter::State state;
    REQUIRE(limiter.admit(state, start));
    int passed = 0;
    while (limiter.admit(state, start + std::chrono::hours{24 * 365})) ++passed;
    CHECK(passed == 4);
}

TEST_CASE("more than `burst` at once never pass, and nothing is charged for the attempt") {
    const RateLimiter limiter{.per_second = 10, .burst = 5};
    RateLimiter::State state;
    const Admission refused = limiter.admit(state, start, 6);
    CHECK_FALSE(refused);
    CHECK(refused.retry_after == Duration::max());
    CHECK(limiter.admit(state, start, 5));
    CHECK(limiter.admit(state, start + 24h, 6).retry_after == Duration::max());
}

TEST_CASE("a peer may be new at any time, also before the clock's epoch") {
    const RateLimiter limiter{.per_second = 10, .burst = 1};
    RateLimiter::State state;
    CHECK(limiter.admit(state, TimePoint{-5s}));
    CHECK_FALSE(limiter.admit(state, TimePoint{-5s}));
}

TEST_CASE("whatever arrives, no window ever sees more than burst + per_second * T") {
    const auto [per_second, burst] =
        GENERATE(table<std::int64_t, std::uint32_t>({{1, 1}, {3, 1}, {3, 7}, {7, 2}, {50, 100}, {999, 3}, {300'000, 5}, {700'000'000, 2}}));
    const RateLimiter limiter{.per_second = static_cast<double>(per_second), .burst = burst};
    std::mt19937_64 random{static_cast<std::uint64_t>(per_second)};
    const std::uint64_t mean_gap = 2'000'000'000 / static_cast<std::uint64_t>(per_second);
    RateLimiter::State state;
    std::vector<Passed> passed;
    TimePoint now = start;
    for (int n = 0; n < 1'500; ++n) {
        // Crowds, then pauses.
        if (random() % 4 == 0) now += Duration{static_cast<Duration::rep>(random() % (mean_gap * 3 + 1))};
        const auto weight = static_cast<std::uint32_t>(random() % (burst + 1) + 1);
        if (limiter.admit(state, now, weight)) passed.push_back({now, weight});
    }
    CHECK(passed.size() > 100);
    CHECK(conforms(passed, per_second, burst));
}

TEST_CASE("and everything that fits into all windows passes") {
    // Rates whose interval is a whole number of nanoseconds, so that nothing is lost by rounding.
    const auto [per_second, burst] = GENERATE(table<std::int64_t, std::uint32_t>({{1, 1}, {4, 3}, {50, 10}, {1000, 1}}));
    const RateLimiter limiter{.per_second = static_cast<double>(per_second), .burst = burst};
    std::mt19937_64 random{7};
    RateLimiter::State state;
    std::vector<Passed> passed;
    TimePoint now = start;
    int refused = 0;
    for (int n = 0; n < 400; ++n) {
        now += Duration{static_cast<Duration::rep>(random() % static_cast<std::uint64_t>(1'500'000'000 / per_second))};
        const std::uint32_t weight = static_cast<std::uint32_t>(random() % burst) + 1;
        std::vector<Passed> with = passed;
        with.push_back({now, weight});
        const bool fits = conforms(with, per_second, burst);
        REQUIRE(static_cast<bool>(limiter.admit(state, now, weight)) == fits);
        if (fits) passed = with;
        refused += fits ? 0 : 1;
    }
    CHECK(refused > 20);
    CHECK(passed.size() > 20);
}

TEST_CASE("an interval that is no whole number of nanoseconds is rounded up") {
    RateLimiter::State state;
    const RateLimiter limiter{.per_second = 3, .burst = 1};
    REQUIRE(limiter.admit(state, start));
    const Admission early = limiter.admit(state, start + Duration{333'333'333});
    CHECK_FALSE(early);
    CHECK(early.retry_after == Duration{1});
    CHECK(limiter.admit(state, start + Duration{333'333'334}));
}

TEST_CASE("the slowest rate with the largest burst stays within 64 bits") {
    const RateLimiter limiter{.per_second = 0.001, .burst = 1'000'000};
    limiter.validate();
    RateLimiter::State state;
    const TimePoint now{std::chrono::hours{24 * 365 * 50}};
    CHECK(limiter.admit(state, now, 1'000'000));
    CHECK(limiter.admit(state, now, 1).retry_after == 1000s);
    CHECK(limiter.admit(state, now, 1'000'000).retry_after == Duration{1000s} * 1'000'000);
}

TEST_CASE("Unlimited admits everything and keeps nothing") {
    static_assert(std::is_empty_v<Unlimited> && std::is_empty_v<Unlimited::State>);
    static_assert(sizeof(RateLimiter::State) == 8);
    Unlimited::State state;
    CHECK(Unlimited::admit(state, start, 0xFFFF'FFFF));
}

TEST_CASE("a rate is the number that it was made of, and knows how long each takes, rounded up") {
    const auto interval = [](double per_second) { return Rate{per_second}.interval(); };
    CHECK(Rate{50} == 50.0);
    CHECK(interval(50) == 20ms);
    CHECK(interval(1) == 1s);
    CHECK(interval(1e9) == 1ns);
    CHECK(interval(3) == std::chrono::nanoseconds{333'333'334});
    CHECK(interval(0.001) == 1000s);
    // What is no rate lets nothing pass; whoever asks is told by `validate`.
    for (const double none : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), 1e-10}) CHECK(interval(none) == Duration::max());
}
