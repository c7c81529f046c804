// When a drain does what, to the tick.

#include "hub/rig.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using namespace kingbolt::event;
using kb::testing::Handshake;

namespace {

int delay_told(const Client& client) {
    const std::string expected = "server_drain after_ms=";
    REQUIRE(client.close_reason().starts_with(expected));
    return std::stoi(client.close_reason().substr(expected.size()));
}

}  // namespace

TEST_CASE("a drain is over within its deadline, whoever does not answer, does not read, does not upgrade or has vanished") {
    for (const auto deadline : {100ms, 101ms, 250ms, 1000ms, 10'000ms}) {
        CAPTURE(deadline.count());
        World world{{.send_buffer = 4_KiB}};
        Rig rig{world, kb::Deadlines{.handshake = 1h, .close = 1h}};
        rig.open();
        rig.open({.answers_close = false});
        auto& deaf = rig.open({.receive_buffer = 4_KiB});
        deaf.stop_reading();
        rig.hub.send(rig.id(deaf), std::string(100'000, 'x'));
        rig.open().vanish();
        world.connect({.handshake = Handshake::silent});
        world.connect({.handshake = Handshake::half});
        auto& closing = rig.open({.answers_close = false});
        rig.hub.close(rig.id(closing));
        world.run_for(37ms);
        const auto begin = world.sim.elapsed();
        rig.hub.drain({.deadline = deadline});

        REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));
        CHECK(world.sim.elapsed() - begin <= deadline);
        CHECK(rig.journal.template of<Drained>()[0].forced == 4);
        CHECK(rig.hub.stats().sessions == 0);
        // Who was being sent away already keeps its own cause.
        CHECK(rig.closed(closing).cause == kb::Cause::application_close);
        CHECK(rig.closed(deaf).cause == kb::Cause::server_drain);
        CHECK(rig.closed(deaf).queued_bytes > 0);
    }
}

TEST_CASE("the shortest drain gives clients their time, whatever phase the ticks have") {
    for (const auto phase : {0ms, 1ms, 50ms, 99ms}) {
        CAPTURE(phase.count());
        World world;
        Rig rig{world};
        auto& client = rig.open({.latency = 45ms});
        auto& silent = rig.open({.answers_close = false});
        world.run_for(1s + phase);
        const auto begin = world.sim.elapsed();
        rig.hub.drain({.deadline = 100ms});

        REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));
        CHECK(world.sim.elapsed() - begin == 100ms);
        CHECK_FALSE(rig.closed(client).forced);
        CHECK(rig.closed(silent).forced);
    }
}

TEST_CASE("after Drained the hub wants nothing more of its loop, and comes last") {
    World world;
    Rig rig{world};
    for (int i = 0; i < 3; ++i) rig.open();
    rig.hub.drain();
    REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));
    CHECK(std::holds_alternative<Drained>(rig.journal.all().back().any));
    world.run_for(1s);
    CHECK(world.sim.pending_events() == 0);
}

TEST_CASE("a drain spreads the clients' return evenly over their number divided by the rate") {
    World world;
    Rig rig{world};
    std::vector<Client*> clients;
    for (int i = 0; i < 1000; ++i) clients.push_back(&world.connect());
    REQUIRE(rig.until([&] { return rig.hub.stats().open_sessions == 1000; }));
    rig.hub.drain({.reconnects_per_second = 100});
    REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));

    std::vector<int> per_second(11);
    for (const Client* client : clients) ++per_second.at(static_cast<std::size_t>(delay_told(*client) / 1000));
    // 100 in each of ten seconds; four standard deviations are 38.
    for (std::size_t second = 0; second < 10; ++second) {
        CHECK(per_second[second] > 60);
        CHECK(per_second[second] < 140);
    }
    CHECK(per_second[10] <= 1);
}

TEST_CASE("a drain at a tiny rate never asks anybody to stay away for more than an hour") {
    World world;
    Rig rig{world};
    auto& client = rig.open();
    rig.hub.drain({.reconnects_per_second = 1e-9});
    rig.closed(client);
    CHECK(delay_told(client) <= 3'600'000);
}

TEST_CASE("an upgrade request that arrives during a drain is answered with 503") {
    World world;
    Rig rig{world};
    auto& client = world.connect({.latency = 100ms});
    REQUIRE(rig.until([&] { return rig.hub.stats().accepted == 1; }));
    rig.hub.drain({.deadline = 2s});
    REQUIRE(rig.until([&] { return client.response().has_value(); }));
    CHECK(client.response()->status == 503);
    CHECK(rig.closed(client).cause == kb::Cause::server_drain);
    const auto rejected = rig.journal.template of<Rejected>();
    REQUIRE(rejected.size() == 1);
    CHECK(rejected[0].cause == kb::Cause::server_drain);
}

TEST_CASE("sessions that break their limits during a drain keep the drain's cause") {
    World world;
    Rig rig{world, kb::RateLimiter{.per_second = 1, .burst = 1}};
    auto& client = rig.open({.latency = 20ms});
    for (int i = 0; i < 5; ++i) client.send_text("x");
    rig.hub.drain();
    CHECK(rig.closed(client).cause == kb::Cause::server_drain);
    CHECK(rig.closed(client).messages_in == 0);
}
