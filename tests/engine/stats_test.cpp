#include <kingbolt/engine/stats.hpp>

#include <chrono>
#include <cstdint>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

TEST_CASE("each counter arrives in its own field of the statistics") {
    engine::Counters counters;
    std::uint64_t n = 0;
    for (engine::Counter* counter :
         {&counters.accepted,           &counters.opened,           &counters.rejected,        &counters.closed,
          &counters.sessions,           &counters.open_sessions,    &counters.subscriptions,   &counters.topics,
          &counters.published,          &counters.messages_in,      &counters.messages_out,    &counters.bytes_in,
          &counters.bytes_out,          &counters.messages_dropped, &counters.pings_sent,      &counters.pongs_missed,
          &counters.handler_errors,     &counters.loop_lag_ns,      &counters.draining,        &counters.closing_sessions,
          &counters.messages_conflated, &counters.queued_bytes,     &counters.queued_messages, &counters.held_bytes,
          &counters.turned_away})
        counter->set(++n);
    const HubStats stats = counters.snapshot();
    CHECK(stats.accepted == 1);
    CHECK(stats.opened == 2);
    CHECK(stats.rejected == 3);
    CHECK(stats.closed == 4);
    CHECK(stats.sessions == 5);
    CHECK(stats.open_sessions == 6);
    CHECK(stats.subscriptions == 7);
    CHECK(stats.topics == 8);
    CHECK(stats.published == 9);
    CHECK(stats.messages_in == 10);
    CHECK(stats.messages_out == 11);
    CHECK(stats.bytes_in == 12);
    CHECK(stats.bytes_out == 13);
    CHECK(stats.messages_dropped == 14);
    CHECK(stats.pings_sent == 15);
    CHECK(stats.pongs_missed == 16);
    CHECK(stats.handler_errors == 17);
    CHECK(stats.loop_lag == 18ns);
    CHECK(stats.draining);
    CHECK(stats.closing_sessions == 20);
    CHECK(stats.messages_conflated == 21);
    CHECK(stats.queued_bytes == 22);
    CHECK(stats.queued_messages == 23);
    CHECK(stats.held_bytes == 24);
    CHECK(stats.turned_away == 25);
}

TEST_CASE("excesses are counted by limit and by what was done, and all together") {
    engine::Counters counters;
    counters.excesses[static_cast<std::size_t>(Limit::bytes)][static_cast<std::size_t>(OnExcess::close)].add(3);
    counters.excesses[static_cast<std::size_t>(Limit::messages)][static_cast<std::size_t>(OnExcess::warn)].add(2);
    const HubStats stats = counters.snapshot();
    CHECK(stats.excesses[static_cast<std::size_t>(Limit::bytes)][static_cast<std::size_t>(OnExcess::close)] == 3);
    CHECK(stats.excesses[static_cast<std::size_t>(Limit::messages)][static_cast<std::size_t>(OnExcess::warn)] == 2);
    CHECK(stats.limits_exceeded == 5);
    CHECK(to_string(static_cast<Limit>(limit_count)) == "unknown");
}

TEST_CASE("a counter counts up and down") {
    engine::Counter counter;
    counter.add();
    counter.add(5);
    counter.sub(2);
    counter.sub();
    CHECK(counter.get() == 3);
}
