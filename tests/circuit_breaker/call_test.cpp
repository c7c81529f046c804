// Calls that block: what a reply says, and what every kind of callable comes to.

#include <kingbolt/circuit_breaker.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <variant>

#include "support/catch.hpp"
#include "virtual_time.hpp"

using namespace breaker_test;

namespace {

/// What std::expected will be, as far as anybody needs it.
template <class T, class E>
class Expected {
public:
    using value_type = T;
    Expected(T value) : value_{std::move(value)} {}
    explicit Expected(E error, int) : error_{std::move(error)} {}
    bool has_value() const { return value_.has_value(); }
    T& operator*() & { return *value_; }
    T&& operator*() && { return *std::move(value_); }
    const E& error() const { return error_; }

private:
    std::optional<T> value_;
    E error_{};
};

int half(int n) {
    if (n % 2 != 0) throw std::invalid_argument{"odd"};
    return n / 2;
}

}  // namespace

TEST_CASE("a call that succeeds is a live answer") {
    CircuitBreaker breaker{half};
    const Reply<int> reply = breaker(8);
    REQUIRE(reply);
    CHECK(*reply == 4);
    CHECK(reply.value() == 4);
    CHECK(reply.source() == ReplySource::live);
    CHECK(reply.reason() == ReplyReason::none);
    CHECK_FALSE(reply.stale());
    CHECK(reply.age() == 0ns);
}

TEST_CASE("what a call throws is kept in the reply, and thrown by value()") {
    CircuitBreaker breaker{half};
    const Reply<int> reply = breaker(3);
    CHECK_FALSE(reply);
    CHECK(reply.reason() == ReplyReason::call_failed);
    CHECK(reply.error() == Errc::call_failed);
    CHECK_THROWS_AS(reply.value(), std::invalid_argument);
}

TEST_CASE("a system_error's code is the reply's") {
    CircuitBreaker breaker{[]() -> int { throw std::system_error{std::make_error_code(std::errc::timed_out)}; }};
    const Reply<int> reply = breaker();
    CHECK(reply.error() == std::errc::timed_out);
    CHECK_THROWS_AS(reply.value(), std::system_error);
}

TEST_CASE("something like std::expected is unpacked, its error whatever it is") {
    CircuitBreaker codes{[](bool good) -> Expected<std::string, std::error_code> {
        if (good) return std::string{"yes"};
        return Expected<std::string, std::error_code>{std::make_error_code(std::errc::connection_reset), 0};
    }};
    CHECK(*codes(true) == "yes");
    CHECK(codes(false).error() == std::errc::connection_reset);

    CircuitBreaker texts{[]() -> Expected<int, std::string> { return Expected<int, std::string>{"no such agent", 0}; }};
    const auto reply = texts();
    CHECK(reply.error() == Errc::call_failed);
    CHECK_THROWS_AS(reply.value(), std::string);
}

TEST_CASE("a call that gives nothing gives std::monostate") {
    int calls = 0;
    CircuitBreaker breaker{[&calls] { ++calls; }};
    const Reply<std::monostate> reply = breaker();
    CHECK(reply);
    CHECK(calls == 1);
}

TEST_CASE("after five failures a call is answered without being made, and told when to try again") {
    testing::ManualClock clock;
    int calls = 0;
    CircuitBreaker breaker{[&calls]() -> int {
                               ++calls;
                               throw std::runtime_error{"down"};
                           },
                           clock};
    for (int i = 0; i < 5; ++i) CHECK(breaker().reason() == ReplyReason::call_failed);
    clock.advance(10s);
    const auto reply = breaker();
    CHECK(calls == 5);
    CHECK(reply.reason() == ReplyReason::breaker_open);
    CHECK(reply.error() == Errc::breaker_open);
    CHECK(reply.error() == Condition::overloaded);
    CHECK(reply.retry_after() == 290s);
    CHECK(breaker.stats().retry_after == 290s);
    CHECK(breaker.stats().counts == BreakerCounts{.failures = 5, .rejected = 1});
}

TEST_CASE("the last good answer is served while the breaker is open, marked stale and aged, and not when it is too old") {
    testing::ManualClock clock;
    bool up = true;
    CircuitBreaker breaker{[&up](int n) {
                               if (!up) throw std::runtime_error{"down"};
                               return n * 10;
                           },
                           clock, StaleCache{.max_age = 100s}, ConsecutiveFailures{.threshold = 2}};
    CHECK(*breaker(1) == 10);
    up = false;
    clock.advance(20s);
    const auto failed = breaker(1);
    CHECK(*failed == 10);
    CHECK(failed.stale());
    CHECK(failed.age() == 20s);
    CHECK(failed.source() == ReplySource::cached);
    CHECK(failed.reason() == ReplyReason::call_failed);
    CHECK(breaker(2).reason() == ReplyReason::call_failed);  // another question has no answer
    clock.advance(80s);
    const auto rejected = breaker(1);
    CHECK(*rejected == 10);
    CHECK(rejected.age() == 100s);
    CHECK(rejected.reason() == ReplyReason::breaker_open);
    CHECK(rejected.retry_after() == 220s);
    clock.advance(1ns);
    CHECK_FALSE(breaker(1));
    CHECK(breaker.stats().cached == 0);
}

TEST_CASE("an answer younger than its ttl is served without a call and is not stale") {
    testing::ManualClock clock;
    int calls = 0;
    CircuitBreaker breaker{[&calls] { return ++calls; }, clock, StaleCache{.ttl = 10s}};
    CHECK(*breaker() == 1);
    clock.advance(10s - 1ns);
    const auto cached = breaker();
    CHECK(*cached == 1);
    CHECK(cached.source() == ReplySource::cached);
    CHECK_FALSE(cached.stale());
    clock.advance(1ns);
    CHECK(*breaker() == 2);
}

TEST_CASE("a classifier decides what is a failure, what is no answer, and what says nothing") {
    CircuitBreaker breaker{[](int status) { return status; }, Classify{[](const CallResult<int>& result) {
                               const int status = *result.value;
                               return status == 404   ? Classification::negative
                                      : status == 400 ? Classification::ignored
                                      : status >= 500 ? Classification::failure
                                                      : Classification::success;
                           }},
                           ConsecutiveFailures{.threshold = 2}};
    CHECK(breaker(500).reason() == ReplyReason::call_failed);
    CHECK(*breaker(400) == 400);
    CHECK(*breaker(404) == 404);
    CHECK(breaker.stats().consecutive_failures == 0);
    breaker(503);
    breaker(503);
    CHECK(breaker.state() == BreakerState::open);
}

TEST_CASE("a negative answer erases the one before it") {
    bool exists = true, up = true;
    CircuitBreaker breaker{[&](int n) {
                               if (!up) throw std::runtime_error{"down"};
                               return exists ? n : -1;
                           },
                           Classify{[](const CallResult<int>& r) {
                               if (r.value == nullptr) return Classification::failure;
                               return *r.value < 0 ? Classification::negative : Classification::success;
                           }},
                           StaleCache{}};
    CHECK(*breaker(7) == 7);
    exists = false;
    CHECK(*breaker(7) == -1);
    up = false;
    CHECK_FALSE(breaker(7));
}

TEST_CASE("an ignored error reaches the caller, though there would be an older answer") {
    bool wrong = false;
    CircuitBreaker breaker{
        [&](int n) {
            if (wrong) throw std::invalid_argument{"no such field"};
            return n;
        },
        Classify{[](const CallResult<int>& r) { return r.value != nullptr ? Classification::success : Classification::ignored; }},
        StaleCache{}};
    CHECK(breaker(1));
    wrong = true;
    const auto reply = breaker(1);
    CHECK_FALSE(reply);
    CHECK_THROWS_AS(reply.value(), std::invalid_argument);
    CHECK(breaker.stats().counts.ignored == 1);
}

TEST_CASE("a classifier that throws counts as a failure and wedges nothing") {
    testing::ManualClock clock;
    bool throws = true;
    CircuitBreaker breaker{[](int n) { return n; }, Classify{[&throws](const CallResult<int>&) {
                               if (throws) throw std::runtime_error{"classifier"};
                               return Classification::success;
                           }},
                           clock, ConsecutiveFailures{.threshold = 1}};
    CHECK_FALSE(breaker(1));
    CHECK(breaker.state() == BreakerState::open);
    clock.advance(5min);
    CHECK_FALSE(breaker(1));  // the probe
    CHECK(breaker.state() == BreakerState::open);
    clock.advance(5min);
    throws = false;
    CHECK(breaker(1));
    CHECK(breaker.state() == BreakerState::closed);
}

TEST_CASE("an observer that throws changes nothing, and the next one hears all the same") {
    Told told;
    CircuitBreaker breaker{[]() -> int { throw std::runtime_error{"down"}; }, ConsecutiveFailures{.threshold = 1},
                           On{[](const event::BreakerChanged&) { throw std::runtime_error{"listener"}; }}, told};
    CHECK(breaker().reason() == ReplyReason::call_failed);
    CHECK(told.all == std::vector<std::string>{"open:consecutive_failures"});
}

TEST_CASE("an observer may call back into the breaker") {
    std::vector<std::string> heard;
    std::function<void()> close = [] {};
    CircuitBreaker breaker{[]() -> int { throw std::runtime_error{"down"}; }, ConsecutiveFailures{.threshold = 1},
                           On{[&](const event::BreakerChanged& e) {
                               heard.emplace_back(to_string(e.to));
                               if (e.to == BreakerState::open) close();
                           }}};
    close = [&breaker] {
        CHECK_FALSE(breaker());
        breaker.close();
    };
    CHECK_FALSE(breaker());
    CHECK(heard == std::vector<std::string>{"open", "closed"});
    CHECK(breaker.state() == BreakerState::closed);
}

TEST_CASE("an event names the breaker, both states, why, and when to come back") {
    testing::ManualClock clock;
    std::vector<event::BreakerChanged> events;
    CircuitBreaker breaker{[]() -> int { throw std::runtime_error{"down"}; }, BreakerName{"engine.status"},
                           ConsecutiveFailures{.threshold = 2}, clock, On{[&](const event::BreakerChanged& e) { events.push_back(e); }}};
    breaker();
    breaker();
    REQUIRE(events.size() == 1);
    CHECK(events[0] == event::BreakerChanged{.breaker = "engine.status",
                                             .from = BreakerState::closed,
                                             .to = BreakerState::open,
                                             .reason = BreakerReason::consecutive_failures,
                                             .generation = 1,
                                             .counts = {.failures = 2},
                                             .retry_after = 5min,
                                             .at = clock.now()});
    breaker.force_open();
    CHECK(events.at(1).retry_after == Duration::max());
    breaker.close();
    breaker.close();
    breaker.disable();
    REQUIRE(events.size() == 4);
    CHECK(events[3].to == BreakerState::disabled);
    for (int i = 0; i < 10; ++i) CHECK(breaker().reason() == ReplyReason::call_failed);
    CHECK(events.size() == 4);
}

TEST_CASE("a caller over its own limit is told when to come back, and the breaker hears of no failure") {
    testing::ManualClock clock;
    CircuitBreaker breaker{[](int n) { return n; }, clock, RateLimiter{.per_second = 1, .burst = 2}, StaleCache{}};
    CHECK(breaker(1));
    CHECK(breaker(2));
    const auto limited = breaker(3);
    CHECK(limited.reason() == ReplyReason::rate_limited);
    CHECK(limited.retry_after() == 1s);
    CHECK(breaker(2).stale());
    CHECK(breaker.stats().counts == BreakerCounts{});
}

TEST_CASE("a full bulkhead refuses the call and gives the probe's place back") {
    testing::ManualClock clock;
    std::function<Reply<int>(bool)> again;
    bool fails = true;
    CircuitBreaker breaker{[&](bool nested) -> int {
                               if (fails) throw std::runtime_error{"down"};
                               if (nested) {
                                   const auto inner = again(false);
                                   CHECK(inner.reason() == ReplyReason::bulkhead_full);
                                   CHECK(inner.error() == Errc::bulkhead_full);
                               }
                               return 1;
                           },
                           clock, Bulkhead{.max_concurrent = 1}, ConsecutiveFailures{.threshold = 1}, Probing{.permitted = 2, .needed = 1}};
    again = [&breaker](bool nested) { return breaker(nested); };
    CHECK_FALSE(breaker(false));
    fails = false;
    clock.advance(5min);
    CHECK(breaker(true));
    CHECK(breaker.state() == BreakerState::closed);
    CHECK(breaker.stats().counts.ignored == 1);
    CHECK(breaker(false));
}

TEST_CASE("a fallback speaks when there is neither a live answer nor a cached one") {
    bool up = true;
    CircuitBreaker breaker{[&up](int n) {
                               if (!up) throw std::runtime_error{"down"};
                               return n;
                           },
                           StaleCache{}, Fallback{[](const CallTrouble& trouble) {
                               CHECK(trouble.reason == ReplyReason::call_failed);
                               return -1;
                           }}};
    CHECK(*breaker(1) == 1);
    up = false;
    CHECK(*breaker(1) == 1);
    const auto reply = breaker(2);
    CHECK(*reply == -1);
    CHECK(reply.source() == ReplySource::fallback);
    CHECK_FALSE(reply.stale());
}

TEST_CASE("a permit that is dropped gives its place back, and one that an exception drops is a failure") {
    testing::ManualClock clock;
    CircuitBreaker breaker{half, clock, ConsecutiveFailures{.threshold = 1}};
    const auto fail_by_unwinding = [&] {
        try {
            const auto permit = breaker.acquire();
            throw std::runtime_error{"mid-call"};
        } catch (const std::runtime_error&) {
        }
    };
    fail_by_unwinding();
    CHECK(breaker.state() == BreakerState::open);
    CHECK(breaker.acquire().retry_after() == 5min);
    clock.advance(5min);
    {
        const auto dropped = breaker.acquire();
        CHECK(dropped);
        CHECK_FALSE(breaker.acquire());
    }
    CHECK(breaker.state() == BreakerState::half_open);
    auto permit = breaker.acquire();
    REQUIRE(permit);
    auto moved = std::move(permit);
    CHECK_FALSE(permit);  // NOLINT(bugprone-use-after-move): a permit that was moved from is none
    moved.succeed();
    moved.fail();
    CHECK(breaker.state() == BreakerState::closed);
}

TEST_CASE("options out of their range are refused by name") {
    const auto refused = [](auto make, const std::string& option) {
        try {
            make();
            FAIL("accepted " << option);
        } catch (const InvalidOption& problem) {
            CHECK(problem.option() == option);
        }
    };
    refused([] { CircuitBreaker{half, ConsecutiveFailures{.threshold = 0}}; }, "ConsecutiveFailures.threshold");
    refused([] { CircuitBreaker{half, ConsecutiveFailures{.open_for = 0ms}}; }, "ConsecutiveFailures.open_for");
    refused([] { CircuitBreaker{half, FailureRate{.rate = 0}}; }, "FailureRate.rate");
    refused([] { CircuitBreaker{half, FailureRate{.window = LastCalls{10}, .minimum_calls = 11}}; }, "FailureRate.minimum_calls");
    refused([] { CircuitBreaker{half, FailureRate{.window = LastTime{1ms}}}; }, "FailureRate.window");
    refused([] { CircuitBreaker{half, SlowCalls{.longer_than = 0ms}}; }, "SlowCalls.longer_than");
    refused([] { CircuitBreaker{half, OpenTime{.growth = 0.5}}; }, "OpenTime.growth");
    refused([] { CircuitBreaker{half, OpenTime{.jitter = 0.6}}; }, "OpenTime.jitter");
    refused([] { CircuitBreaker{half, Probing{.permitted = 16}}; }, "Probing.permitted");
    refused([] { CircuitBreaker{half, Probing{.permitted = 2, .needed = 3}}; }, "Probing.needed");
    refused([] { CircuitBreaker{half, Probing{.lease = 1ms}}; }, "Probing.lease");
    refused([] { CircuitBreaker{half, StaleCache{.capacity = 0}}; }, "StaleCache.capacity");
    refused([] { CircuitBreaker{half, StaleCache{.ttl = 2h, .max_age = 1h}}; }, "StaleCache.ttl");
    refused([] { CircuitBreaker{half, Bulkhead{.max_concurrent = 0}}; }, "Bulkhead.max_concurrent");
    refused([] { CircuitBreaker{half, AdaptiveBulkhead{.initial = 2'000}}; }, "AdaptiveBulkhead.initial");
    refused([] { CircuitBreaker{half, RateLimiter{.burst = 0}}; }, "RateLimiter.burst");
    const auto call = []() -> asio::awaitable<int> { co_return 1; };
    refused([&] { CircuitBreaker{call, Timeout{0ms}}; }, "Timeout.after");
    refused([&] { CircuitBreaker{call, Timeout{2s}, Probing{.lease = 1ms}}; }, "Probing.lease");
    refused([&] { CircuitBreaker{call, Retry<>{.max_attempts = 0}}; }, "Retry.max_attempts");
    refused([&] { CircuitBreaker{call, Retry<>{.backoff = {.base = 1s, .cap = 1ms}}}; }, "Backoff.cap");
    refused([&] { CircuitBreaker{call, Retry<>{.budget = {.cost = -1}}}; }, "Retry.budget.cost");
}
