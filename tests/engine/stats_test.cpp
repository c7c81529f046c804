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
         {&counters.accepted, &counters.opened, &counters.rejected, &counters.closed, &counters.sessions, &counters.open_sessions,
          &counters.subscriptions, &counters.topics, &counters.published, &counters.messages_in, &counters.messages_out, &counters.bytes_in,
          &counters.bytes_out, &counters.messages_dropped, &counters.pings_sent, &counters.pongs_missed, &counters.handler_errors,
          &counters.loop_lag_ns, &counters.draining})
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
}

TEST_CASE("a counter counts up and down") {
    engine::Counter counter;
    counter.add();
    counter.add(5);
    counter.sub(2);
    counter.sub();
    CHECK(counter.get() == 3);
}
