// How sessions are doing, while they live.

#include "hub/rig.hpp"

#include <map>
#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

std::map<kb::SessionId, kb::SessionStats> seen_by(auto& hub) {
    std::map<kb::SessionId, kb::SessionStats> seen;
    hub.for_each_session([&](kb::Session& session, const kb::SessionStats& stats) { seen.emplace(session.id(), stats); });
    return seen;
}

}  // namespace

TEST_CASE("each open session is shown once, with its age, its round trip and what has gone to and fro") {
    World world;
    Rig rig{world};
    auto& near = rig.open({.latency = 1ms});
    const auto& far = rig.open({.latency = 40ms});
    near.send_text("good morning");
    world.run_for(2min);
    const auto seen = seen_by(rig.hub);
    REQUIRE(seen.size() == 2);
    CHECK(seen.at(rig.id(near)).last_rtt == 2ms);
    CHECK(seen.at(rig.id(far)).last_rtt == 80ms);
    CHECK(seen.at(rig.id(near)).messages_in == 1);
    CHECK(seen.at(rig.id(far)).messages_in == 0);
    for (const auto& [session, stats] : seen) {
        CHECK(stats.open_for > 2min);
        CHECK(stats.open_for < 2min + 1s);
        CHECK(stats.since_last_byte_in);
        CHECK(stats.queued_bytes == 0);
        CHECK_FALSE(stats.write_stalled_for);
    }
}

TEST_CASE("before its first pong a session has no round trip, and one that answers none shows its misses") {
    World world;
    Rig rig{world};
    const auto& peer = rig.open({.answers_pings = false});
    world.run_for(70s);
    const auto stats = seen_by(rig.hub).at(rig.id(peer));
    CHECK_FALSE(stats.last_rtt);
    CHECK(stats.missed_pongs > 0);
}

TEST_CASE("what waits for a client that does not read is shown, what was sent in this turn included") {
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world};
    auto& peer = rig.open({.receive_buffer = 4_KiB});
    peer.stop_reading();
    const std::string message(1'000, 'x');
    for (int i = 0; i < 20; ++i) rig.hub.send(rig.id(peer), message);
    world.run_for(5s);
    const auto before = seen_by(rig.hub).at(rig.id(peer));
    CHECK(before.queued_messages > 0);
    CHECK(before.queued_bytes > 8_KiB);  // the kernels' buffers took as much
    CHECK(before.queued_bytes < 20 * message.size());
    REQUIRE(before.write_stalled_for);
    CHECK(*before.write_stalled_for > 4s);
    rig.hub.send(rig.id(peer), message);
    CHECK(seen_by(rig.hub).at(rig.id(peer)).queued_messages == before.queued_messages + 1);
}

TEST_CASE("a visit may close sessions, and those whose close was decided are shown no more") {
    World world;
    Rig rig{world};
    const auto& first = rig.open();
    const auto& second = rig.open();
    int visits = 0;
    rig.hub.for_each_session([&](kb::Session& session, const kb::SessionStats&) {
        ++visits;
        session.close();
    });
    CHECK(visits == 2);
    CHECK(seen_by(rig.hub).empty());
    rig.closed(first);
    rig.closed(second);
    CHECK(seen_by(rig.hub).empty());
}
