// Many threads at one breaker. ThreadSanitizer runs these too.

#include <kingbolt/engine/breaker.hpp>
#include <kingbolt/policy/consecutive_failures.hpp>
#include <kingbolt/policy/failure_rate.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{10'000h};

template <class Body>
void on_threads(unsigned count, Body body) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
    for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("of 64 threads at the deadline one probes and 63 are rejected") {
    for (int round = 0; round < 20; ++round) {
        engine::Breaker<ConsecutiveFailures> breaker{{}, {}, 0, {}};
        for (int i = 0; i < 5; ++i) breaker.settle(breaker.acquire(start).generation, Classification::failure, {}, start);
        REQUIRE(breaker.state() == BreakerState::open);
        std::atomic<int> executed{0}, told{0};
        std::barrier together{64};
        on_threads(64, [&](unsigned) {
            together.arrive_and_wait();
            const engine::Passage passage = breaker.acquire(start + 5min);
            executed += passage.permitted ? 1 : 0;
            told += passage.transition ? 1 : 0;
        });
        CHECK(executed == 1);
        CHECK(told == 1);
        CHECK(breaker.counts().rejected == 63);
    }
}

TEST_CASE("of threads that fail together exactly one opens the breaker") {
    for (int round = 0; round < 50; ++round) {
        engine::Breaker<ConsecutiveFailures> breaker{{}, {}, 0, {.threshold = 8}};
        std::atomic<int> told{0};
        std::barrier together{8};
        on_threads(8, [&](unsigned) {
            const auto passage = breaker.acquire(start);
            together.arrive_and_wait();
            told += breaker.settle(passage.generation, Classification::failure, {}, start) ? 1 : 0;
        });
        CHECK(told == 1);
        CHECK(breaker.state() == BreakerState::open);
        CHECK(breaker.generation() == 1);
    }
}

TEST_CASE("in histories of 8 threads generations are contiguous, each has one event, and no more probes run than are permitted") {
    constexpr unsigned threads = 8;
    constexpr unsigned permitted = 2;
    engine::Breaker<ConsecutiveFailures, FailureRate> breaker{{.growth = 2, .cap = 8ms, .jitter = 0.1},
                                                              {.permitted = permitted, .needed = 2, .lease = 1s},
                                                              7,
                                                              {.threshold = 3, .open_for = 2ms},
                                                              {.rate = 0.5, .window = LastCalls{20}, .minimum_calls = 10, .open_for = 1ms}};
    // One clock that each step of any thread moves on.
    std::atomic<std::int64_t> ticks{0};
    std::vector<std::vector<engine::Transition>> told(threads);
    constexpr std::size_t generations = 1U << 16U;
    std::vector<std::atomic<unsigned>> running(generations), most(generations);
    on_threads(threads, [&](unsigned thread) {
        std::mt19937 random{thread};
        const auto note = [&](const std::optional<engine::Transition>& change) {
            if (change) told[thread].push_back(*change);
        };
        for (int i = 0; i < 20'000; ++i) {
            const TimePoint now = start + 20us * ticks++;
            const engine::Passage passage = breaker.acquire(now);
            note(passage.transition);
            if (random() % 64 == 0) note(breaker.on_timer(now));
            if (!passage.permitted) {
                std::this_thread::yield();  // so that whoever has the permit comes to settle it before time has run on for long
                continue;
            }
            const std::size_t generation = passage.generation % generations;
            const unsigned here = ++running[generation];
            for (unsigned seen = most[generation]; seen < here && !most[generation].compare_exchange_weak(seen, here);) {
            }
            if (random() % 16 == 0) std::this_thread::yield();
            --running[generation];
            const auto roll = random() % 10;
            const auto result = roll < 5 ? Classification::failure : roll < 9 ? Classification::success : Classification::cancelled;
            note(breaker.settle(passage.generation, result, {}, now));
        }
    });
    std::map<std::uint32_t, engine::Transition> by_generation;
    std::size_t events = 0;
    for (const auto& mine : told) {
        events += mine.size();
        for (const auto& change : mine) by_generation.emplace(change.generation, change);
    }
    REQUIRE(events > 20);
    REQUIRE(events < generations);
    CHECK(by_generation.size() == events);
    CHECK(by_generation.begin()->first == 1);
    CHECK(by_generation.rbegin()->first == events);
    auto state = BreakerState::closed;
    for (const auto& [generation, change] : by_generation) {
        CHECK(change.from == state);
        CHECK_FALSE((change.from == BreakerState::closed && change.to == BreakerState::half_open));
        state = change.to;
        if (state == BreakerState::half_open) CHECK(most[generation] <= permitted);
    }
    CHECK(breaker.state() == state);
}
