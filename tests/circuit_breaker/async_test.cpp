// Calls that are awaited, in virtual time: deadlines, cancellation, sharing, retries, and what happens when somebody pulls the plug.

#include <kingbolt/circuit_breaker.hpp>

#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <system_error>

#include "support/catch.hpp"
#include "virtual_time.hpp"

using namespace breaker_test;

namespace {

template <class... Policies>
auto guarded(VirtualTime& time, Service& service, Policies&&... policies) {
    return CircuitBreaker{[&service](std::string question) { return service.ask(std::move(question)); }, time.clock, time.timers, Seed{1},
                          std::forward<Policies>(policies)...};
}

}  // namespace

TEST_CASE("an awaited call is a live answer") {
    VirtualTime time;
    Service service{time};
    auto breaker = guarded(time, service);
    const auto call = time.start(breaker("agent-7"));
    time.run();
    CHECK(service.question(0) == "agent-7");
    service.answer(0, "sleeping");
    time.run();
    REQUIRE(call->reply);
    CHECK(**call->reply == "sleeping");
}

TEST_CASE("a call over its time has failed at that time, is cancelled and not waited for") {
    VirtualTime time;
    Service service{time};
    auto breaker = guarded(time, service, Timeout{2s}, ConsecutiveFailures{.threshold = 1});
    const auto call = time.start(breaker("a"));
    time.run_for(2s - 1ns);
    CHECK_FALSE(call->reply);
    time.run_for(1ns);
    REQUIRE(call->reply);
    CHECK(call->reply->reason() == ReplyReason::timeout);
    CHECK(call->reply->error() == Condition::timeout);
    CHECK(breaker.state() == BreakerState::open);
    CHECK(service.cancelled() == 1);
    CHECK(time.timers.running() == 0);
}

TEST_CASE("the longest timeout may be had") {
    VirtualTime time;
    Service service{time};
    auto breaker = guarded(time, service, Timeout{24h}, ConsecutiveFailures{.threshold = 1});
    const auto failed = time.start(breaker("a"));
    time.run();
    service.fail(0);
    time.run_for(5min);
    const auto probe = time.start(breaker("b"));
    time.run_for(24h - 1ns);
    const auto other = time.start(breaker("c"));
    time.run();
    REQUIRE(other->reply);  // the probe is not given up before its time is over
    CHECK(other->reply->reason() == ReplyReason::breaker_open);
    time.run_for(1ns);
    REQUIRE(probe->reply);
    CHECK(probe->reply->reason() == ReplyReason::timeout);
}

TEST_CASE("a call that ignores its cancellation holds nobody up, and its late answer changes nothing") {
    VirtualTime time;
    int answers = 0;
    auto deaf = std::make_shared<detail::WaitList<testing::ManualTimers>>();
    CircuitBreaker breaker{[&](int n) -> asio::awaitable<int> {
                               co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
                               co_await deaf->wait(time.timers);
                               ++answers;
                               co_return n;
                           },
                           time.clock,
                           time.timers,
                           Timeout{1s},
                           StaleCache{},
                           ConsecutiveFailures{.threshold = 1}};
    const auto call = time.start(breaker(1));
    time.run_for(1s);
    REQUIRE(call->reply);
    CHECK(call->reply->reason() == ReplyReason::timeout);
    deaf->happen();
    time.run();
    CHECK(answers == 1);
    CHECK(breaker.state() == BreakerState::open);
    CHECK(breaker.stats().cached == 0);
}

TEST_CASE("a caller that is cancelled is no failure, and a probe's place is given back") {
    VirtualTime time;
    Service service{time};
    SECTION("with a timeout") {
        auto breaker = guarded(time, service, Timeout{20s}, ConsecutiveFailures{.threshold = 1});
        const auto failing = time.start(breaker("a"));
        time.run();
        service.fail(0);
        time.run_for(5min);
        const auto probe = time.start(breaker("b"));
        time.run();
        CHECK(breaker.state() == BreakerState::half_open);
        probe->cancel.emit(asio::cancellation_type::terminal);
        time.run();
        REQUIRE(probe->reply);
        CHECK(probe->reply->reason() == ReplyReason::cancelled);
        CHECK(service.cancelled() == 1);
        const auto next = time.start(breaker("c"));
        time.run();
        service.answer(2, "back");
        time.run();
        CHECK(**next->reply == "back");
        CHECK(breaker.state() == BreakerState::closed);
    }
    SECTION("without one") {
        auto breaker = guarded(time, service, ConsecutiveFailures{.threshold = 1});
        const auto call = time.start(breaker("a"));
        time.run();
        call->cancel.emit(asio::cancellation_type::terminal);
        time.run();
        REQUIRE(call->reply);
        CHECK(call->reply->reason() == ReplyReason::cancelled);
        CHECK(breaker.state() == BreakerState::closed);
        CHECK(breaker.stats().counts == BreakerCounts{.ignored = 1});
    }
}

TEST_CASE("while open nobody waits: the last good answer comes at once") {
    VirtualTime time;
    Service service{time};
    auto breaker = guarded(time, service, Timeout{2s}, StaleCache{}, ConsecutiveFailures{.threshold = 1});
    const auto good = time.start(breaker("a"));
    time.run();
    service.answer(0, "one");
    time.run_for(10s);
    const auto bad = time.start(breaker("a"));
    time.run();
    service.fail(1);
    time.run_for(5s);
    const auto stale = time.start(breaker("a"));
    time.run();
    REQUIRE(stale->reply);
    CHECK(**stale->reply == "one");
    CHECK(stale->reply->stale());
    CHECK(stale->reply->age() == 15s);
    CHECK(stale->reply->reason() == ReplyReason::breaker_open);
    CHECK(service.calls() == 2);
}

TEST_CASE("callers who ask the same at the same time share one call") {
    VirtualTime time;
    Service service{time};
    auto breaker = guarded(time, service, SingleFlight{});
    const auto first = time.start(breaker("a"));
    const auto second = time.start(breaker("a"));
    const auto other = time.start(breaker("b"));
    time.run();
    CHECK(service.calls() == 2);
    service.answer(0, "shared");
    time.run();
    CHECK(**first->reply == "shared");
    CHECK(**second->reply == "shared");
    CHECK_FALSE(other->reply);
    SECTION("who comes later makes another") {
        const auto third = time.start(breaker("a"));
        time.run();
        CHECK(service.calls() == 3);
    }
    SECTION("an error reaches all") {
        const auto also = time.start(breaker("b"));
        time.run();
        service.fail(1);
        time.run();
        CHECK(other->reply->error() == std::errc::connection_refused);
        CHECK(also->reply->error() == std::errc::connection_refused);
        CHECK(breaker.stats().counts.failures == 1);
    }
}

TEST_CASE("a shared call may end before anybody waits for it") {
    VirtualTime time;
    int calls = 0;
    CircuitBreaker breaker{[&calls](int n) -> asio::awaitable<int> { co_return n + ++calls; }, time.clock, time.timers, SingleFlight{}};
    const auto first = time.start(breaker(10));
    time.run();
    const auto second = time.start(breaker(10));
    time.run();
    CHECK(**first->reply == 11);
    CHECK(**second->reply == 12);
}

TEST_CASE("a shared call is cancelled only when its last waiter leaves") {
    VirtualTime time;
    Service service{time};
    auto breaker = guarded(time, service, SingleFlight{}, Timeout{1min});
    const auto first = time.start(breaker("a"));
    const auto second = time.start(breaker("a"));
    time.run();
    first->cancel.emit(asio::cancellation_type::terminal);
    time.run();
    CHECK(first->reply->reason() == ReplyReason::cancelled);
    CHECK(service.cancelled() == 0);
    SECTION("the other one gets its answer") {
        service.answer(0, "still here");
        time.run();
        CHECK(**second->reply == "still here");
    }
    SECTION("the other one leaves too") {
        second->cancel.emit(asio::cancellation_type::terminal);
        time.run();
        CHECK(service.cancelled() == 1);
        CHECK(breaker.stats().counts == BreakerCounts{.ignored = 1});
        const auto third = time.start(breaker("a"));
        time.run();
        CHECK(service.calls() == 2);
        service.answer(1, "anew");
        time.run();
        CHECK(**third->reply == "anew");
    }
    CHECK(service.running() == 0);
}

TEST_CASE("a failure is tried again after a pause, a rejection is not") {
    VirtualTime time;
    Service service{time};
    auto breaker =
        guarded(time, service, Retry<>{.max_attempts = 3, .backoff = {.base = 1s, .cap = 1s}}, ConsecutiveFailures{.threshold = 2});
    const auto call = time.start(breaker("a"));
    time.run();
    service.fail(0);
    time.run_for(1s - 1ns);
    CHECK(service.calls() == 1);
    time.run_for(1ns);
    REQUIRE(service.calls() == 2);
    SECTION("until it succeeds") {
        service.answer(1, "at last");
        time.run();
        CHECK(**call->reply == "at last");
    }
    SECTION("until the breaker opens, which ends it") {
        service.fail(1);
        time.run_for(1s);
        CHECK(service.calls() == 2);
        REQUIRE(call->reply);
        CHECK(call->reply->reason() == ReplyReason::breaker_open);
    }
    SECTION("until the caller is cancelled in a pause") {
        service.fail(1);
        time.run();
        call->cancel.emit(asio::cancellation_type::terminal);
        time.run();
        REQUIRE(call->reply);
        CHECK(call->reply->reason() == ReplyReason::cancelled);
        CHECK(time.timers.running() == 0);
    }
}

TEST_CASE("retries end when their budget is spent, and a timeout costs more") {
    VirtualTime time;
    Service service{time};
    auto breaker =
        guarded(time, service, Timeout{1s}, Retry<>{.max_attempts = 100, .backoff = {.base = 1ms, .cap = 1ms}, .budget = {.tokens = 29}},
                ConsecutiveFailures{.threshold = 1'000});
    const auto call = time.start(breaker("a"));
    time.run_for(10s);
    REQUIRE(call->reply);
    CHECK(call->reply->reason() == ReplyReason::timeout);
    CHECK(service.calls() == 3);  // 29 - 10 - 10 leaves 9
    const auto failing = time.start(breaker("b"));
    time.run();
    service.fail(3);
    time.run_for(1s);
    CHECK(service.calls() == 5);  // 9 - 5 leaves 4, and the retry hangs
}

TEST_CASE("whoever destroys the loop destroys the calls that are on their way, and their permits with them") {
    VirtualTime time;
    Service service{time};
    auto breaker = guarded(time, service, Timeout{20s}, SingleFlight{}, Retry<>{}, StaleCache{}, ConsecutiveFailures{.threshold = 1});
    const auto failing = time.start(breaker("a"));
    time.run();
    service.fail(0);
    time.run_for(5min + 1s);
    const auto probe = time.start(breaker("a"));
    time.run();
    REQUIRE(breaker.state() == BreakerState::half_open);
    REQUIRE(service.running() == 1);
}

TEST_CASE("a coroutine that is destroyed in the middle of a call gives its place back") {
    VirtualTime time;
    CircuitBreaker breaker{[](int n) -> asio::awaitable<int> {
                               if (n == 0) throw std::runtime_error{"down"};
                               asio::steady_timer never{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
                               co_await never.async_wait(asio::use_awaitable);
                               co_return n;
                           },
                           time.clock, ConsecutiveFailures{.threshold = 1}, SingleFlight{}, Timeout{1h}};
    const auto failing = time.start(breaker(0));
    time.run();
    REQUIRE(breaker.state() == BreakerState::open);
    time.clock.advance(5min);
    const auto probe = time.start(breaker(1));
    time.run();
    CHECK_FALSE(breaker.acquire());
    time.io.reset();
    CHECK_FALSE(probe->reply);
    CHECK(breaker.acquire());
}

TEST_CASE("a breaker may go while its calls are on their way") {
    VirtualTime time;
    Service service{time};
    std::shared_ptr<VirtualTime::Started<std::string>> call;
    {
        auto breaker = guarded(time, service, Timeout{1s}, StaleCache{});
        call = time.start(breaker("a"));
        time.run();
    }
    service.answer(0, "still");
    time.run();
    CHECK(**call->reply == "still");
}

TEST_CASE("a watch shows the half-open state without traffic, again and again") {
    VirtualTime time;
    Told told;
    CircuitBreaker breaker{[](bool good) {
                               if (!good) throw std::runtime_error{"down"};
                               return 1;
                           },
                           time.clock, time.timers, ConsecutiveFailures{.threshold = 1}, told};
    asio::co_spawn(*time.io, breaker.watch(), asio::detached);
    time.run_for(1h);
    CHECK(told.all.empty());
    breaker(false);
    time.run_for(5min - 1ns);
    CHECK(told.all.size() == 1);
    time.run_for(1ns);
    CHECK(told.all.back() == "half_open:open_time_over");
    breaker(false);
    time.run_for(5min);
    CHECK(told.all == std::vector<std::string>{"open:consecutive_failures", "half_open:open_time_over", "open:probe_failed",
                                               "half_open:open_time_over"});
    breaker(true);
    time.run_for(48h);
    CHECK(told.all.size() == 5);
}

TEST_CASE("a watch that probes lets no caller pay for it") {
    VirtualTime time;
    Service service{time};
    Told told;
    auto breaker = guarded(time, service, Timeout{2s}, ConsecutiveFailures{.threshold = 1}, told);
    asio::cancellation_signal stop;
    asio::co_spawn(*time.io, breaker.watch_and_probe("health"), asio::bind_cancellation_slot(stop.slot(), asio::detached));
    const auto failing = time.start(breaker("a"));
    time.run();
    service.fail(0);
    time.run_for(5min);
    REQUIRE(service.calls() == 2);
    CHECK(service.question(1) == "health");
    time.run_for(2s);  // the probe hangs, and fails
    CHECK(breaker.state() == BreakerState::open);
    time.run_for(5min);
    REQUIRE(service.calls() == 3);
    service.answer(2, "fine");
    time.run();
    CHECK(breaker.state() == BreakerState::closed);
    stop.emit(asio::cancellation_type::terminal);
    time.run();
    CHECK(time.timers.running() == 0);
}

TEST_CASE("a function that takes a completion token is a call too") {
    VirtualTime time;
    const auto ask = [&time](int n, auto&& token) {
        return asio::async_initiate<decltype(token), void(std::error_code, int)>(
            [&time](auto handler, int number) {
                const auto executor = asio::get_associated_executor(handler, time.io->get_executor());
                const auto error = number < 0 ? std::make_error_code(std::errc::invalid_argument) : std::error_code{};
                asio::post(executor, [h = std::move(handler), error, number]() mutable { std::move(h)(error, number + 1); });
            },
            token, n);
    };
    CircuitBreaker breaker{rpc<int(int)>(ask), time.clock, time.timers, Timeout{1s}};
    const auto good = time.start(breaker(1));
    const auto bad = time.start(breaker(-1));
    time.run();
    CHECK(**good->reply == 2);
    CHECK(bad->reply->error() == std::errc::invalid_argument);
}

TEST_CASE("many threads may share one breaker, its cache and its flights") {
    asio::thread_pool pool{4};
    std::atomic<int> calls{0};
    CircuitBreaker breaker{[&calls](int n) -> asio::awaitable<int> {
                               const int call = ++calls;
                               co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
                               if (call % 7 == 0) throw std::runtime_error{"now and then"};
                               co_return n;
                           },
                           SingleFlight{},
                           StaleCache{.capacity = 4},
                           Retry<>{.max_attempts = 10, .backoff = {.base = 1ms, .cap = 1ms}},
                           Timeout{10s},
                           Bulkhead{.max_concurrent = 50},
                           ConsecutiveFailures{.threshold = 1'000'000}};
    std::atomic<int> good{0}, all{0};
    std::vector<std::future<void>> done;
    for (int i = 0; i < 400; ++i) {
        done.push_back(asio::co_spawn(
            pool,
            [&, n = i % 8]() -> asio::awaitable<void> {
                const auto reply = co_await breaker(n);
                ++all;
                if (reply && *reply == n) ++good;
            },
            asio::use_future));
    }
    for (auto& one : done) one.get();
    pool.join();
    CHECK(all == 400);
    CHECK(good == 400);
}
