// From a list of policies to slots and observers. What is refused at compile time is in tests/compile_fail.

#include <kingbolt/defaults.hpp>
#include <kingbolt/policy/on.hpp>
#include <kingbolt/policy/policy_set.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

template <class... P>
auto set_of(P&&... policies) {
    return PolicySet<held_t<P&&>...>{std::forward<P>(policies)...};
}

struct CountClosed {
    using slot = kingbolt::slot::observer;
    int closed = 0;
    void operator()(const event::Closed&) { ++closed; }
};

struct ConstObserver {
    using slot = kingbolt::slot::observer;
    int* heard;
    void operator()(const event::Opened&) const { ++*heard; }
};

struct FixedClock {
    using slot = kingbolt::slot::clock;
    TimePoint time{};
    TimePoint now() const { return time; }
};

}  // namespace

TEST_CASE("a policy is found by its slot, in whatever order the policies were given") {
    auto one = set_of(RateLimiter{.burst = 7}, KeepAlive{.ping_interval = 20s}, Outbox{.max_messages = 5});
    auto other = set_of(Outbox{.max_messages = 5}, RateLimiter{.burst = 7}, KeepAlive{.ping_interval = 20s});
    HubDefaults defaults;
    CHECK(one.get<slot::rate_limit>(defaults.rate_limit).burst == 7);
    CHECK(other.get<slot::rate_limit>(defaults.rate_limit).burst == 7);
    CHECK(one.get<slot::liveness>(defaults.liveness).ping_interval == 20s);
    CHECK(other.get<slot::liveness>(defaults.liveness).ping_interval == 20s);
    CHECK(one.get<slot::outbox>(defaults.outbox).max_messages == 5);
    CHECK(other.get<slot::outbox>(defaults.outbox).max_messages == 5);
}

TEST_CASE("a slot that nobody fills gives its default, by reference") {
    auto set = set_of(KeepAlive{});
    HubDefaults defaults;
    CHECK(&set.get<slot::deadlines>(defaults.deadlines) == &defaults.deadlines);
    CHECK(&set.get<slot::clock>(defaults.clock) == &defaults.clock);
    static_assert(std::is_same_v<decltype(set.get<slot::rate_limit>(defaults.rate_limit)), Unlimited&>);
}

TEST_CASE("the defaults are those of the documentation") {
    const HubDefaults defaults;
    CHECK(defaults.liveness.ping_interval == 30s);
    CHECK(defaults.outbox.max_bytes == 1_MiB);
    CHECK(defaults.outbox.max_messages == 1024);
    CHECK(defaults.outbox.when_full == WhenFull::disconnect);
    CHECK(defaults.deadlines.handshake == 10s);
    CHECK(defaults.deadlines.close == 5s);
    CHECK(defaults.seed.value == 0);
    const TimePoint before = SteadyClock::now();
    CHECK(before <= SteadyClock::now());
}

TEST_CASE("clocks and observers given as lvalues are referred to, everything else is kept as a copy") {
    static_assert(std::is_same_v<held_t<FixedClock&>, FixedClock&>);
    static_assert(std::is_same_v<held_t<FixedClock>, FixedClock>);
    static_assert(std::is_same_v<held_t<CountClosed&>, CountClosed&>);
    static_assert(std::is_same_v<held_t<const ConstObserver&>, const ConstObserver&>);
    static_assert(std::is_same_v<held_t<KeepAlive&>, KeepAlive>);
    static_assert(std::is_same_v<held_t<const Outbox&>, Outbox>);

    FixedClock clock;
    KeepAlive keep_alive;
    auto set = set_of(clock, keep_alive);
    HubDefaults defaults;
    clock.time = TimePoint{5s};
    keep_alive.ping_interval = 1s;
    CHECK(set.get<slot::clock>(defaults.clock).now() == TimePoint{5s});
    CHECK(set.get<slot::liveness>(defaults.liveness).ping_interval == 30s);
}

TEST_CASE("observers hear the events they accept, in the order they were given") {
    std::vector<std::string> heard;
    CountClosed counter;
    auto set = set_of(On{[&](const event::Closed&) { heard.emplace_back("first"); }}, counter, Unlimited{},
                      On{[&](const auto&) { heard.emplace_back("second, of anything"); }});
    set.emit<event::Closed>([] { return event::Closed{}; });
    set.emit<event::Opened>([] { return event::Opened{}; });
    CHECK(heard == std::vector<std::string>{"first", "second, of anything", "second, of anything"});
    CHECK(counter.closed == 1);
}

TEST_CASE("two observers of one type are both heard") {
    CountClosed a;
    CountClosed b;
    auto set = set_of(a, b);
    set.emit<event::Closed>([] { return event::Closed{}; });
    CHECK(a.closed == 1);
    CHECK(b.closed == 1);
}

TEST_CASE("an observer may be const when it can be called as const") {
    int heard = 0;
    const ConstObserver observer{.heard = &heard};
    auto set = set_of(observer);
    set.emit<event::Opened>([] { return event::Opened{}; });
    CHECK(heard == 1);
    // CountClosed counts, so it cannot be: a hub refuses it at compile time.
    static_assert(!detail::all_of_slot_observe<slot::observer, const CountClosed&>);
    static_assert(detail::all_of_slot_observe<slot::observer, CountClosed&, const ConstObserver&>);
}

TEST_CASE("an event that nobody wants is not even built") {
    auto set = set_of(CountClosed{}, Silent{}, KeepAlive{});
    bool built = false;
    set.emit<event::MessageReceived>([&] {
        built = true;
        return event::MessageReceived{};
    });
    CHECK_FALSE(built);
    static_assert(decltype(set)::wanted<event::Closed>);
    static_assert(!decltype(set)::wanted<event::MessageReceived>);
}

TEST_CASE("what an observer throws stays with it: the next one still hears") {
    CountClosed counter;
    auto set =
        set_of(On{[](const event::Closed&) { throw std::runtime_error{"observer"}; }}, On{[](const event::Closed&) { throw 1; }}, counter);
    CHECK_NOTHROW(set.emit<event::Closed>([] { return event::Closed{}; }));
    CHECK(counter.closed == 1);
}

TEST_CASE("policies that can only be moved are moved in") {
    int heard = 0;
    auto observer = On{[&heard, owned = std::make_unique<int>(3)](const event::Opened&) { heard += *owned; }};
    auto set = set_of(std::move(observer));
    set.emit<event::Opened>([] { return event::Opened{}; });
    CHECK(heard == 3);
}

TEST_CASE("every event can be observed alone") {
    static_assert(Observer<decltype([](const event::Accepted&) {})> && Observer<decltype([](const event::Opened&) {})>);
    static_assert(Observer<decltype([](const event::Rejected&) {})> && Observer<decltype([](const event::MessageReceived&) {})>);
    static_assert(Observer<decltype([](const event::PingSent&) {})> && Observer<decltype([](const event::PingReceived&) {})>);
    static_assert(Observer<decltype([](const event::PongReceived&) {})> && Observer<decltype([](const event::PongMissed&) {})>);
    static_assert(Observer<decltype([](const event::LoopStalled&) {})> && Observer<decltype([](const event::Subscribed&) {})>);
    static_assert(Observer<decltype([](const event::Unsubscribed&) {})> && Observer<decltype([](const event::QueueHigh&) {})>);
    static_assert(Observer<decltype([](const event::Dropped&) {})> && Observer<decltype([](const event::HandlerFailed&) {})>);
    static_assert(Observer<decltype([](const event::Draining&) {})> && Observer<decltype([](const event::Drained&) {})>);
    static_assert(Observer<decltype([](const event::Closing&) {})> && Observer<decltype([](const event::Closed&) {})>);
    static_assert(!Observer<decltype([](int) {})> && !Observer<int>);
    SUCCEED("checked by the compiler");
}

TEST_CASE("a no-op costs no byte") {
    static_assert(std::is_empty_v<Silent> && std::is_empty_v<Unlimited> && std::is_empty_v<NoKeepAlive>);
    static_assert(!PolicySet<Silent>::wanted<event::Closed> && !PolicySet<Silent>::wanted<event::MessageReceived>);
    static_assert(sizeof(PolicySet<Silent, Unlimited, NoKeepAlive, Deadlines>) == sizeof(Deadlines));
    SUCCEED("checked by the compiler");
}
