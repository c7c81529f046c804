// What `Closed` says about a life, against what the test knows of it.

#include "hub/rig.hpp"

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("Closed carries the times, the counts and the round trip of a life") {
    World world;
    Rig rig{world, kb::KeepAlive{.ping_interval = 10s, .pong_timeout = 5s}};
    rig.hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    auto& client = rig.open({.latency = 25ms, .target = "/feed", .remote = "10.1.2.3:4567"});
    world.run_for(20s);
    client.send_text("0123456789");
    world.run_for(2s);
    rig.hub.send(rig.id(client), "12345");
    world.run_for(7s);
    const auto pings = client.pings_received();
    client.send_binary(std::string(300, 'b'));
    world.run_for(1s);
    const auto& pongs = rig.journal.template of<kb::event::PongReceived>();
    client.drop();

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::eof_without_close);
    CHECK(closed.remote == "10.1.2.3:4567");
    CHECK(closed.path == "/feed");
    CHECK(closed.subprotocol.empty());
    CHECK(closed.offered_subprotocols == 0);
    // Accepted when the SYN came, open when the request came: a round trip later.
    CHECK(closed.lived == *closed.open_for + 50ms);
    CHECK(*closed.open_for == 30s + 50ms);
    CHECK(*closed.since_last_message_in == 1s);
    CHECK(*closed.since_last_message_out == 1s);
    CHECK(*closed.since_last_byte_in <= 1s);
    CHECK(*closed.since_last_byte_out <= 1s);
    CHECK(*closed.last_rtt == 50ms);
    CHECK(*closed.since_last_pong == closed.at - pongs.back().at);
    CHECK(closed.pings_sent == pings);
    CHECK(pings == 3);
    CHECK(closed.missed_pongs == 0);
    CHECK(closed.messages_in == 2);
    CHECK(closed.messages_out == 3);
    // Frame headers: 2 bytes up to 125, 4 up to 65,535; a client's mask takes 4 more; a ping of 20 bytes goes both ways.
    CHECK(closed.bytes_out == (2 + 10) + (2 + 5) + (4 + 300) + pings * (2 + 20));
    const auto frames_in = (6 + 10) + (8 + 300) + pings * (6 + 20);
    CHECK(closed.bytes_in > frames_in);
    CHECK(closed.bytes_in < frames_in + 500);
    CHECK(closed.messages_dropped == 0);
    CHECK(closed.queued_bytes == 0);
    CHECK_FALSE(closed.write_stalled_for);
    CHECK(closed.loop_lag == 0s);
    REQUIRE(closed.tcp);
    CHECK(closed.tcp->rtt == 50ms);
    CHECK(closed.tcp->unacknowledged == 0);
}

TEST_CASE("Closed of a connection that never said anything knows that nothing came and nothing was sent") {
    World world;
    Rig rig{world};
    auto& client = world.connect({.handshake = kb::testing::Handshake::silent});
    world.run_for(3s);
    client.drop();
    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::eof_without_close);
    CHECK(closed.lived == 3s);
    CHECK_FALSE(closed.open_for);
    CHECK_FALSE(closed.since_last_byte_in);
    CHECK_FALSE(closed.since_last_byte_out);
    CHECK_FALSE(closed.since_last_message_in);
    CHECK_FALSE(closed.since_last_message_out);
    CHECK_FALSE(closed.since_last_pong);
    CHECK_FALSE(closed.last_rtt);
    CHECK(closed.bytes_in == 0);
    CHECK(closed.bytes_out == 0);
    CHECK(closed.path.empty());
}

TEST_CASE("the kernel's account is the one of the moment that decided") {
    World world;
    Rig rig{world};
    auto& client = rig.open();
    client.vanish();
    const auto closed = rig.closed(client);
    REQUIRE(closed.cause == kb::Cause::pong_timeout);
    REQUIRE(closed.tcp);
    // Three pings of 22 bytes went unacknowledged; the Close frame that followed is not among them.
    CHECK(closed.tcp->unsent_bytes == 3 * 22);
    CHECK(closed.tcp->unacknowledged == 1);
    CHECK(closed.tcp->retransmits > 5);
    CHECK(closed.tcp->since_last_ack > 60s);
}

TEST_CASE("misses are remembered even when the peer wakes up to answer the Close frame") {
    World world;
    Rig rig{world};
    auto& client = rig.open({.answers_pings = false});
    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::pong_timeout);
    CHECK(closed.missed_pongs == 3);
    CHECK_FALSE(closed.forced);
}

TEST_CASE("what was queued when a client closed is told, although it was given up at once") {
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world};
    auto& client = rig.open({.receive_buffer = 4_KiB});
    client.stop_reading();
    for (int i = 0; i < 100; ++i) rig.hub.send(rig.id(client), std::string(1000, 'x'));
    world.run_for(1s);
    client.close(kb::CloseCode::going_away);
    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::client_close);
    CHECK(closed.queued_messages > 80);
    CHECK(closed.queued_bytes > 80'000);
    CHECK(closed.queued_bytes < 100'400);
    CHECK(closed.forced);
    REQUIRE(closed.write_stalled_for);
    CHECK(*closed.write_stalled_for >= 1s);
}

TEST_CASE("the loop's lag is remembered for a minute or two, then forgotten") {
    World world;
    Rig rig{world};
    auto& soon = rig.open();
    auto& later = rig.open();
    world.run_for(1s);
    world.sim.freeze_loop(700ms);
    world.run_for(30s);
    soon.drop();
    CHECK(rig.closed(soon).loop_lag >= 600ms);
    CHECK(rig.closed(soon).loop_lag <= 700ms);
    CHECK(rig.journal.template count<kb::event::LoopStalled>() == 0);
    world.run_for(2min);
    later.drop();
    CHECK(rig.closed(later).loop_lag == 0s);
}

TEST_CASE("a refused upgrade and an answered request say so in Closed") {
    World world;
    Rig rig{world};
    rig.hub.on_upgrade([](const kb::UpgradeRequest&) { return kb::UpgradeResponse::refuse(401); });
    auto& refused = world.connect({.target = "/private?token=1", .subprotocols = {"a", "b", "c"}});
    const auto closed = rig.closed(refused);
    CHECK(closed.path == "/private");
    CHECK(closed.offered_subprotocols == 3);
    CHECK(closed.code == kb::CloseCode::abnormal);
    CHECK(closed.since_last_byte_in);
    CHECK_FALSE(closed.since_last_byte_out);
    CHECK_FALSE(closed.open_for);
}
