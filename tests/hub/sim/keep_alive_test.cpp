// Liveness from end to end, in virtual time. The defaults: a ping every 30 s, 10 s for the pong, three misses.

#include "hub/rig.hpp"

#include <kingbolt/testing/journal.hpp>

#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using namespace kingbolt::event;
using kb::Cause;
using kb::testing::Events;

namespace {

/// When the first ping was sent: the session's phase.
template <class R>
kb::Duration phase_of(R& rig, const Client& peer) {
    REQUIRE(rig.until([&] { return rig.journal.template count<PingSent>() > 0; }));
    const auto opened = rig.journal.template of<Opened>(), pinged = rig.journal.template of<PingSent>();
    CHECK(pinged[0].session == rig.id(peer));
    return rig.journal.template of<PingSent>()[0].at - rig.journal.template of<Opened>()[0].at;
}

}  // namespace

TEST_CASE("a silent peer is pinged three times, then dropped") {
    World world;
    kb::testing::Journal journal;
    kb::Hub hub{world.transport(), world.clock(), kb::Seed{1}, journal, kb::KeepAlive{}};

    const auto& peer = world.sim.open({.answers_pings = false});
    world.sim.run_for(3min);
    CHECK(journal.take() == Events{Accepted{peer}, Opened{peer},                                                    //
                                   PingSent{peer, 1}, PongMissed{peer, 1}, PingSent{peer, 2}, PongMissed{peer, 2},  //
                                   PingSent{peer, 3}, PongMissed{peer, 3}, Closing{peer, Cause::pong_timeout},      //
                                   Closed{peer, Cause::pong_timeout}});
    CHECK(peer.close_code() == kb::CloseCode::pong_timeout);
    CHECK(peer.close_reason().starts_with("pong_timeout after_ms="));
    CHECK(world.sim.live_connections() == 0);
}

TEST_CASE("a vanished peer is given up at most 100 s after its last byte, and gone one close deadline later") {
    // Whatever moment of a ping's lap it vanishes in.
    for (const auto offset : {0s, 5s, 13s, 21s, 29s}) {
        CAPTURE(offset.count());
        World world;
        Rig rig{world};
        auto& peer = rig.open();
        const kb::Duration phase = phase_of(rig, peer);
        CHECK(phase >= 0s);
        CHECK(phase <= 30s + 100ms);
        world.run_for(30s + offset);
        peer.vanish();

        const auto closed = rig.closed(peer);
        CHECK(closed.cause == Cause::pong_timeout);
        CHECK(closed.missed_pongs == 3);
        CHECK(closed.forced);
        REQUIRE(closed.since_last_byte_in);
        const auto given_up = rig.journal.template of<Closing>().at(0).at;
        const kb::Duration silence = *closed.since_last_byte_in - (closed.at - given_up);
        CHECK(silence > 70s - 100ms);
        CHECK(silence <= 100s + 100ms);
        CHECK(closed.at - given_up <= 5s + 100ms);
    }
}

TEST_CASE("a peer that vanishes right after the upgrade is given up within 100 s") {
    World world;
    Rig rig{world};
    auto& peer = rig.open();
    peer.vanish();
    const auto closed = rig.closed(peer);
    CHECK(closed.cause == Cause::pong_timeout);
    CHECK(*closed.open_for <= 100s + 5s + 200ms);
}

TEST_CASE("a peer that answers stays for an hour, and its round trip is measured") {
    World world;
    Rig rig{world};
    auto& peer = rig.open({.latency = 40ms});
    world.run_for(1h);

    CHECK(peer.is_open());
    CHECK(peer.pings_received() >= 119);
    CHECK(peer.pings_received() <= 120);
    CHECK(rig.hub.stats().pongs_missed == 0);
    const auto pongs = rig.journal.template of<PongReceived>();
    CHECK(pongs.size() == peer.pings_received());
    for (const auto& pong : pongs) {
        REQUIRE(pong.rtt);
        CHECK(*pong.rtt == 80ms);
    }
}

TEST_CASE("a peer that sends data but never a pong stays: any byte is a sign of life") {
    World world;
    Rig rig{world};
    auto& peer = rig.open({.answers_pings = false});
    for (int i = 0; i < 3600 / 5; ++i) {
        peer.send_text("still here");
        world.run_for(5s);
    }
    CHECK(peer.is_open());
    CHECK(rig.hub.stats().pongs_missed == 0);
    CHECK(rig.journal.template count<PongReceived>() == 0);
}

TEST_CASE("unsolicited pongs are life, but give no round trip") {
    World world;
    Rig rig{world};
    auto& peer = rig.open({.answers_pings = false});
    for (int i = 0; i < 600 / 5; ++i) {
        peer.pong("I made this up");
        world.run_for(5s);
    }
    CHECK(peer.is_open());
    CHECK(rig.hub.stats().pongs_missed == 0);
    CHECK(rig.journal.template count<PongReceived>() == 120);
    for (const auto& pong : rig.journal.template of<PongReceived>()) CHECK_FALSE(pong.rtt);
}

TEST_CASE("one late byte clears all misses") {
    World world;
    Rig rig{world};
    auto& peer = rig.open({.answers_pings = false});
    REQUIRE(rig.until([&] { return rig.hub.stats().pongs_missed == 2; }));
    peer.send_text("x");
    REQUIRE(rig.until([&] { return rig.hub.stats().pongs_missed == 4; }));
    CHECK(peer.is_open());
    const auto misses = rig.journal.template of<PongMissed>();
    CHECK(misses[2].in_a_row == 1);
    CHECK(misses[3].in_a_row == 2);
    CHECK(rig.closed(peer).missed_pongs == 3);
}

TEST_CASE("a peer whose kernel takes no bytes is dropped for its stalled write, even while it talks") {
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world, kb::Outbox{.max_bytes = 1_MiB, .when_full = kb::WhenFull::drop_newest}};
    auto& peer = rig.open({.receive_buffer = 4_KiB});
    peer.stop_reading();
    rig.hub.send(rig.id(peer), std::string(64'000, 'x'));
    REQUIRE(rig.until([&] {
        peer.send_text("I talk, but I do not listen");
        world.run_for(1s);
        return rig.roll.end_of(rig.id(peer)).has_value();
    }));
    const auto closed = rig.closed(peer);
    CHECK(closed.cause == Cause::write_stalled);
    CHECK(closed.code == kb::CloseCode::write_stalled);
    REQUIRE(closed.write_stalled_for);
    CHECK(*closed.write_stalled_for > 60s);
    for (const auto& miss : rig.journal.template of<PongMissed>()) CHECK(miss.write_stalled);
}

TEST_CASE("pings of many sessions are spread over the whole interval") {
    World world;
    Rig rig{world};
    for (int i = 0; i < 300; ++i) world.connect();
    REQUIRE(rig.until([&] { return rig.hub.stats().open_sessions == 300; }));
    const auto opened = rig.journal.template of<Opened>().back().at;
    world.run_for(31s);

    std::vector<int> in_each_second(31);
    for (const auto& ping : rig.journal.template of<PingSent>()) {
        if (ping.sequence == 1) ++in_each_second.at(static_cast<std::size_t>((ping.at - opened) / 1s));
    }
    // Ten a second on average; 25 would be a chance of less than one in ten thousand for each second.
    for (const int pings : in_each_second) CHECK(pings <= 25);
}

TEST_CASE("without keep-alive nobody is pinged, and silence is no fault") {
    World world;
    Rig rig{world, kb::NoKeepAlive{}};
    auto& peer = rig.open({.answers_pings = false});
    world.run_for(24h);
    CHECK(peer.is_open());
    CHECK(peer.pings_received() == 0);
}
