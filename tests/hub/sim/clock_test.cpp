// What a stalled loop and a clock that jumps must not do.

#include "hub/rig.hpp"

#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using namespace kingbolt::event;
using kb::testing::Handshake;

TEST_CASE("a frozen loop kills nobody, however long and at whatever moment it freezes") {
    World world;
    Rig rig{world};
    std::vector<Client*> peers;
    for (int i = 0; i < 20; ++i) peers.push_back(&rig.open());
    for (const auto length : {2s, 11s, 35s, 120s, 3600s}) {
        world.run_for(17s);
        world.sim.freeze_loop(length);
        world.run_for(length + 1min);
    }
    for (const Client* peer : peers) CHECK(peer->is_open());
    CHECK(rig.journal.template count<LoopStalled>() == 5);
    CHECK(rig.journal.template of<LoopStalled>()[4].lag >= 3598s);
}

TEST_CASE("a loop that freezes again and again for longer than a pong may take kills nobody") {
    World world;
    Rig rig{world};
    auto& peer = rig.open();
    for (int i = 0; i < 60; ++i) {
        world.sim.freeze_loop(11s);
        world.run_for(13s);
    }
    CHECK(peer.is_open());
}

TEST_CASE("after a frozen loop a peer that has really gone is still found out") {
    World world;
    Rig rig{world};
    auto& peer = rig.open();
    peer.vanish();
    world.run_for(20s);
    world.sim.freeze_loop(1min);
    world.run_for(1min + 100s + 6s);
    CHECK(rig.closed(peer).cause == kb::Cause::pong_timeout);
}

TEST_CASE("a handshake that was complete before its deadline survives a loop that froze over it") {
    World world;
    Rig rig{world};
    // The connection is accepted, and its request arrives while the loop does not run.
    auto& peer = world.connect({.latency = 5ms});
    REQUIRE(rig.until([&] { return rig.hub.stats().accepted == 1; }));
    world.sim.freeze_loop(15s);
    REQUIRE(rig.until([&] { return peer.has_ended() || peer.upgrade_status() != 0; }));
    CHECK(peer.upgrade_status() == 101);
    CHECK(peer.is_open());
}

TEST_CASE("a frozen loop only delays the handshake's deadline") {
    World world;
    Rig rig{world};
    auto& peer = world.connect({.handshake = Handshake::silent});
    REQUIRE(rig.until([&] { return rig.hub.stats().accepted == 1; }));
    // It freezes so often that no second passes in one piece.
    for (int i = 0; i < 20; ++i) {
        world.sim.freeze_loop(1500ms);
        world.run_for(1600ms);
    }
    CHECK(rig.closed(peer).cause == kb::Cause::handshake_timeout);
    CHECK(rig.closed(peer).lived < 14s);
}

TEST_CASE("a clock that jumps an hour ahead or back kills nobody") {
    World world;
    Rig rig{world};
    std::vector<Client*> peers;
    for (int i = 0; i < 20; ++i) peers.push_back(&rig.open());
    for (const auto jump : {1h, -1h, -1h, 1h}) {
        world.run_for(41s);
        world.sim.jump_clock(jump);
        world.run_for(1min);
    }
    for (const Client* peer : peers) CHECK(peer->is_open());

    // And it still keeps time.
    peers[0]->vanish();
    const auto before = world.sim.elapsed();
    CHECK(rig.closed(*peers[0]).cause == kb::Cause::pong_timeout);
    CHECK(world.sim.elapsed() - before <= 106s);
}

TEST_CASE("a clock that jumps during a handshake or a close does not end either before its time") {
    for (const auto jump : {1h, -1h}) {
        World world;
        Rig rig{world};
        auto& slow = world.connect({.latency = 400ms});
        auto& closing = rig.open({.latency = 400ms});
        rig.hub.close(rig.id(closing), kb::CloseCode::do_not_come_back, "bye");
        world.run_for(100ms);
        world.sim.jump_clock(jump);
        REQUIRE(rig.until([&] { return slow.upgrade_status() != 0 || slow.has_ended(); }));
        CHECK(slow.is_open());
        CHECK_FALSE(rig.closed(closing).forced);
    }
}
