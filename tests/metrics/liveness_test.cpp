// Pings, pongs and the loop itself.

#include "metrics/metered_hub.hpp"

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("round trips are in the histogram's buckets, and pongs that nobody asked for are not") {
    World world;
    Metered metered{world, kb::KeepAlive{.ping_interval = 10s, .pong_timeout = 2s}};
    constexpr auto rtt = "kingbolt_ping_rtt_seconds";
    auto& near = metered.open({.latency = 2ms});
    metered.open({.latency = 150ms});
    near.pong("nobody asked");
    world.run_for(10s);
    CHECK(metered.value("kingbolt_pings_sent_total") == 2);
    CHECK(observed(metered.page(), rtt) == 2);
    CHECK(within(metered.page(), rtt, 0.0025) == 0);
    CHECK(within(metered.page(), rtt, 0.005) == 1);
    CHECK(within(metered.page(), rtt, 0.25) == 1);
    CHECK(within(metered.page(), rtt, 0.5) == 2);
    const auto page = metered.page();
    const double sum = series(page, rtt, {}).histogram.sample_sum;
    CHECK(sum > 0.303);
    CHECK(sum < 0.305);
}

TEST_CASE("missed pongs are counted") {
    World world;
    Metered metered{world};
    metered.open({.answers_pings = false});
    world.run_for(3min);
    CHECK(metered.value("kingbolt_pongs_missed_total") == 3);
    CHECK(metered.value("kingbolt_connections_closed_total", {{"cause", "pong_timeout"}, {"upgraded", "yes"}}) == 1);
}

TEST_CASE("the loop's lag is observed at every tick, and a stall is counted") {
    World world;
    Metered metered{world};
    constexpr auto lag = "kingbolt_loop_lag_seconds";
    world.run_for(1s);
    CHECK(observed(metered.page(), lag) == 10);
    CHECK(within(metered.page(), lag, 1e-5) == 10);
    CHECK(metered.value("kingbolt_loop_stalls_total") == 0);
    world.sim.freeze_loop(3s);
    world.run_for(4s);
    CHECK(observed(metered.page(), lag) > within(metered.page(), lag, 2.5));
    CHECK(metered.value("kingbolt_loop_stalls_total") == 1);
}
