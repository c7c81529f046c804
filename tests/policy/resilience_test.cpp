// The parts of the resilience kit, each on its own.

#include <kingbolt/policy/backoff.hpp>
#include <kingbolt/policy/bulkhead.hpp>
#include <kingbolt/policy/call_window.hpp>
#include <kingbolt/policy/open_time.hpp>
#include <kingbolt/policy/rate_limiter.hpp>
#include <kingbolt/policy/retry.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{10'000h};
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

}  // namespace

TEST_CASE("decorrelated pauses lie between the base and three times the one before, and never above the cap") {
    const Backoff backoff{.base = 100ms, .cap = 2s};
    Backoff::State lowest, highest;
    for (int i = 0; i < 10; ++i) CHECK(backoff.next(lowest, 0) == 100ms);
    CHECK(backoff.next(highest, most) > 299ms);
    CHECK(backoff.next(highest, most) > 899ms);
    for (int i = 0; i < 10; ++i) CHECK(backoff.next(highest, most) == 2s);

    std::mt19937_64 random{1};
    Backoff::State state;
    Duration previous = backoff.base;
    for (int i = 0; i < 10'000; ++i) {
        const Duration pause = backoff.next(state, random());
        CHECK(pause >= backoff.base);
        CHECK(pause <= std::min<Duration>(previous * 3, backoff.cap));
        previous = pause;
    }
}

TEST_CASE("exponential pauses double up to the cap, and the jitter comes after it") {
    const ExponentialBackoff backoff{.base = 100ms, .cap = 1s, .jitter = 0.5};
    ExponentialBackoff::State state;
    for (const Duration pause : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) CHECK(backoff.next(state, 0) == pause);
    const Duration shortest = backoff.next(state, most);
    CHECK(shortest >= 500ms);
    CHECK(shortest < 501ms);
    for (int i = 0; i < 1'000; ++i) backoff.next(state, 0);
    CHECK(backoff.next(state, 0) == 1s);
}

TEST_CASE("retries spend tokens, a timeout twice as many, and what goes well gives one back") {
    const Retry<> retry{.max_attempts = 10, .budget = {.tokens = 16}};
    Retry<>::State state{retry};
    Retry<>::Progress one;
    CHECK(retry.next(state, one, ReplyReason::timeout, 0));
    CHECK(retry.next(state, one, ReplyReason::call_failed, 0));
    CHECK_FALSE(retry.next(state, one, ReplyReason::call_failed, 0));
    for (int i = 0; i < 4; ++i) retry.on_success(state);
    CHECK(retry.next(state, one, ReplyReason::call_failed, 0));
    for (int i = 0; i < 100; ++i) retry.on_success(state);
    CHECK(state.tokens == 16);
}

TEST_CASE("a call is tried so many times and no more, and not at all when it was not made") {
    const Retry<> retry{.max_attempts = 3};
    Retry<>::State state{retry};
    Retry<>::Progress progress;
    for (const auto reason :
         {ReplyReason::breaker_open, ReplyReason::rate_limited, ReplyReason::bulkhead_full, ReplyReason::cancelled, ReplyReason::none})
        CHECK_FALSE(retry.next(state, progress, reason, 0));
    CHECK(retry.next(state, progress, ReplyReason::call_failed, 0));
    CHECK(retry.next(state, progress, ReplyReason::call_failed, 0));
    CHECK_FALSE(retry.next(state, progress, ReplyReason::call_failed, 0));
}

TEST_CASE("a bulkhead lets in as many as it may, from any number of threads") {
    const Bulkhead bulkhead{.max_concurrent = 3};
    Bulkhead::State state;
    std::atomic<int> inside{0}, highest{0}, entered{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 2'000; ++n) {
                if (!bulkhead.enter(state)) continue;
                const int now = ++inside;
                for (int seen = highest; seen < now && !highest.compare_exchange_weak(seen, now);) {
                }
                ++entered;
                --inside;
                Bulkhead::leave(state, Classification::success, 1ms);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(highest <= 3);
    CHECK(entered > 0);
    CHECK(state.running == 0);
}

TEST_CASE("an adaptive bulkhead opens while calls are fast, closes while they queue, and backs off from failures") {
    const AdaptiveBulkhead bulkhead{.initial = 20, .min = 2, .max = 40};
    AdaptiveBulkhead::State state;
    const auto lap = [&](Classification result, Duration took) {
        std::uint32_t entered = 0;
        while (bulkhead.enter(state)) ++entered;
        CHECK(entered == bulkhead.limit(state));
        for (std::uint32_t i = 0; i < entered; ++i) bulkhead.leave(state, result, took);
    };
    lap(Classification::success, 10ms);
    const auto fast = bulkhead.limit(state);
    CHECK(fast > 20);
    lap(Classification::success, 40ms);
    const auto queueing = bulkhead.limit(state);
    CHECK(queueing < fast);
    lap(Classification::failure, 10ms);
    CHECK(bulkhead.limit(state) < queueing);
    for (int i = 0; i < 10; ++i) lap(Classification::failure, 10ms);
    CHECK(bulkhead.limit(state) == 2);
    for (int i = 0; i < 100; ++i) lap(Classification::success, 10ms);
    CHECK(bulkhead.limit(state) == 40);
}

TEST_CASE("an adaptive bulkhead forgets its fastest call in time: a service that became slower for good is no queue") {
    const AdaptiveBulkhead bulkhead{.initial = 10, .min = 1, .max = 20};
    AdaptiveBulkhead::State state;
    const auto calls = [&](int count, Duration took) {
        for (int i = 0; i < count; ++i) {
            while (bulkhead.enter(state)) {
            }
            bulkhead.leave(state, Classification::success, took);
        }
    };
    calls(20, 1ms);
    calls(40, 100ms);
    CHECK(bulkhead.limit(state) < 10);
    calls(1'000, 100ms);
    CHECK(bulkhead.limit(state) == 20);
}

TEST_CASE("an open time grows by its factor, ends at its cap, and never overflows") {
    const OpenTime none{};
    for (unsigned n = 0; n < 16; ++n) CHECK(none.length(5min, n, most) == 5min);
    const OpenTime twice{.growth = 2, .cap = 1h};
    CHECK(twice.length(5min, 1, 0) == 10min);
    CHECK(twice.length(5min, 3, 0) == 40min);
    CHECK(twice.length(5min, 4, 0) == 1h);
    const OpenTime extreme{.growth = 10, .cap = 720h, .jitter = 0.5};
    CHECK(extreme.length(720h, 15, most) < 1'081h);
    CHECK(extreme.length(720h, 15, most) > 1'079h);
}

TEST_CASE("jitter spreads an open time evenly to both sides") {
    const OpenTime jittery{.jitter = 0.1};
    CHECK(jittery.length(100s, 0, 0) == 90s);
    CHECK(jittery.length(100s, 0, most) <= 110s);
    std::mt19937_64 random{1};
    Duration sum{};
    for (int i = 0; i < 10'000; ++i) sum += jittery.length(100s, 0, random());
    CHECK(sum / 10'000 > 99'500ms);
    CHECK(sum / 10'000 < 100'500ms);
}

TEST_CASE("a window of time holds nine to ten tenths of its time") {
    WindowState state;
    const CallWindow window = LastTime{10s};
    CHECK(state.add(window, true, 0, start).bad == 1);
    CHECK(state.add(window, false, 0, start + 8s).calls == 2);
    CHECK(state.add(window, false, 0, start + 8s).bad == 1);
    CHECK(state.add(window, false, 0, start + 10s).bad == 0);
    CHECK(state.add(window, false, 0, start + 100h).calls == 1);
}

TEST_CASE("a result that is told late counts in the window, one of another closed state empties it") {
    WindowState state;
    const CallWindow window = LastTime{10s};
    state.add(window, true, 0, start + 5s);
    CHECK(state.add(window, true, 0, start + 3s).calls == 2);
    CHECK(state.add(window, true, 2, start + 5s).calls == 1);
    CHECK(state.add(window, true, 0, start + 5s).calls == 0);
    CHECK(state.add(window, true, 2, start + 5s).calls == 2);
    CHECK(state.add(window, true, 1, start + 5s).calls == 0);
}

TEST_CASE("generations of a window may begin anew") {
    WindowState state;
    const CallWindow window = LastCalls{10};
    state.add(window, true, breaker_generations - 1, start);
    CHECK(state.add(window, true, breaker_generations - 1, start).calls == 2);
    CHECK(state.add(window, true, 1, start).calls == 1);
    CHECK(state.add(window, true, breaker_generations - 1, start).calls == 0);
}

TEST_CASE("a limiter shared by threads admits exactly what one thread would be admitted") {
    const RateLimiter limiter{.per_second = 10, .burst = 100};
    RateLimiter::SharedState state;
    std::atomic<int> admitted{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 1'000; ++n) admitted += limiter.admit(state, start + 2s) ? 1 : 0;
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(admitted == 100);
    CHECK(limiter.admit(state, start + 2s).retry_after == 100ms);
    CHECK(limiter.admit(state, start + 2s, 101).retry_after == Duration::max());
    CHECK(limiter.admit(state, start + 3s, 10));
}
