// The circuit breaker and the limiter, one call each. `now` is an argument, so that the clock is not what is measured; reading it is a
// benchmark of its own. The breaker of locks is how one is usually written: a mutex around an enum, a count and a deadline.

#include <kingbolt/circuit_breaker.hpp>
#include <kingbolt/engine/breaker.hpp>
#include <kingbolt/policy/consecutive_failures.hpp>
#include <kingbolt/policy/failure_rate.hpp>
#include <kingbolt/policy/rate_limiter.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <mutex>

namespace {

namespace kb = kingbolt;
using namespace std::chrono_literals;

constexpr kb::TimePoint start{10'000h};

class BreakerOfLocks {
public:
    bool acquire(kb::TimePoint now) {
        const std::lock_guard lock{mutex_};
        if (state_ == kb::BreakerState::open && now >= probe_at_) state_ = kb::BreakerState::half_open;
        return state_ != kb::BreakerState::open;
    }
    void succeed() {
        const std::lock_guard lock{mutex_};
        failures_ = 0;
        state_ = kb::BreakerState::closed;
    }
    void fail(kb::TimePoint now) {
        const std::lock_guard lock{mutex_};
        if (++failures_ < 5) return;
        state_ = kb::BreakerState::open;
        probe_at_ = now + 5min;
    }

private:
    std::mutex mutex_;
    kb::BreakerState state_ = kb::BreakerState::closed;
    unsigned failures_ = 0;
    kb::TimePoint probe_at_{};
};

using Breaker = kb::engine::Breaker<kb::ConsecutiveFailures>;

template <class Rule>
void permit_and_success(benchmark::State& state) {
    static kb::engine::Breaker<Rule> breaker{{}, {}, 1, {}};
    for (auto _ : state) {
        const auto passage = breaker.acquire(start);
        benchmark::DoNotOptimize(breaker.settle(passage.generation, kb::Classification::success, {}, start));
    }
}

void permit_and_success_of_locks(benchmark::State& state) {
    static BreakerOfLocks breaker;
    for (auto _ : state) {
        benchmark::DoNotOptimize(breaker.acquire(start));
        breaker.succeed();
    }
}

void reject(benchmark::State& state) {
    static Breaker& breaker = []() -> Breaker& {
        static Breaker made{{}, {}, 1, {}};
        for (int i = 0; i < 5; ++i) made.settle(made.acquire(start).generation, kb::Classification::failure, {}, start);
        return made;
    }();
    for (auto _ : state) benchmark::DoNotOptimize(breaker.acquire(start + 1s));
}

void reject_of_locks(benchmark::State& state) {
    static BreakerOfLocks breaker;
    if (state.thread_index() == 0)
        for (int i = 0; i < 5; ++i) breaker.fail(start);
    for (auto _ : state) benchmark::DoNotOptimize(breaker.acquire(start + 1s));
}

/// A call through CircuitBreaker itself, which reads the clock twice.
void whole_call(benchmark::State& state) {
    kb::CircuitBreaker breaker{[](int n) { return n + 1; }};
    int n = 0;
    for (auto _ : state) {
        auto reply = breaker(n);
        benchmark::DoNotOptimize(n = *reply);
    }
}

void clock_read(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(std::chrono::steady_clock::now());
}

void limiter_admits(benchmark::State& state) {
    const kb::RateLimiter limiter{.per_second = 1e6, .burst = 1'000};
    kb::RateLimiter::SharedState shared;
    kb::TimePoint now = start;
    for (auto _ : state) {
        benchmark::DoNotOptimize(now += 1us);
        benchmark::DoNotOptimize(limiter.admit(shared, now));
    }
}

void limiter_refuses(benchmark::State& state) {
    const kb::RateLimiter limiter{.per_second = 0.001, .burst = 1};
    kb::RateLimiter::SharedState shared;
    limiter.admit(shared, start);
    for (auto _ : state) benchmark::DoNotOptimize(limiter.admit(shared, start));
}

}  // namespace

BENCHMARK(permit_and_success<kb::ConsecutiveFailures>)->Threads(1)->Threads(2);
BENCHMARK(permit_and_success_of_locks)->Threads(1)->Threads(2);
BENCHMARK(permit_and_success<kb::FailureRate>)->Threads(1);
BENCHMARK(reject)->Threads(1)->Threads(2);
BENCHMARK(reject_of_locks)->Threads(1)->Threads(2);
BENCHMARK(whole_call);
BENCHMARK(clock_read);
BENCHMARK(limiter_admits);
BENCHMARK(limiter_refuses);
