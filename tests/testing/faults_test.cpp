// Random faults: each does what it says, none breaks a promise of the wire, and all of it replays.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <set>
#include <string>

using namespace std::chrono_literals;
using kb::testing::Faults;
using kb::testing::Simulation;
using Log = RecordingHub::Log;

TEST_CASE("partial writes and reads cut everything into pieces and lose nothing") {
    Simulation sim{3};
    RecordingHub hub{sim};
    sim.faults({.partial_writes = true, .partial_reads = true});
    auto& peer = sim.open();
    hub.take();
    const auto reports = hub.byte_reports;
    const std::string large(100'000, 'x');
    hub.write(large);
    peer.send_text(large);
    sim.run_for(1s);
    CHECK(hub.written.size() > 2);
    CHECK(hub.byte_reports - reports > 2);
    CHECK(hub.log.back() == "text " + large);
    REQUIRE(peer.received().size() == 1);
    CHECK(peer.received()[0].payload == large);
    CHECK(peer.violations().empty());
}

TEST_CASE("a stalled write goes on by itself") {
    Simulation sim{3};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    sim.faults({.write_stall_probability = 1, .longest_write_stall = 10s});
    hub.take();
    std::set<kb::Duration> stalls;
    for (std::size_t i = 1; i <= 10; ++i) {
        const auto begin = sim.elapsed();
        hub.write("x");
        REQUIRE(sim.run_until([&] { return hub.log.size() == i; }, 10s));
        stalls.insert(sim.elapsed() - begin);
    }
    CHECK(stalls.size() == 10);
    CHECK(*stalls.rbegin() > 1s);
    sim.run_for(1s);
    CHECK(peer.messages_received() == 10);
}

TEST_CASE("a stalled write can be aborted") {
    Simulation sim{3};
    RecordingHub hub{sim};
    sim.open();
    sim.faults({.write_stall_probability = 1, .longest_write_stall = 10s});
    hub.take();
    hub.write("x");
    hub.connection().abort();
    sim.run_for(1min);
    CHECK(hub.take() == Log{"closed application_close"});
    CHECK(sim.pending_events() == 0);
}

TEST_CASE("messages may be answered with a reset") {
    Simulation sim{3};
    RecordingHub hub{sim};
    sim.faults({.reset_probability = 0.5});
    hub.when_opened = [](auto& connection) {
        const std::vector<kb::Frame> frames{RecordingHub::text("x")};
        connection.write(frames);
    };
    for (int i = 0; i < 100; ++i) sim.connect();
    sim.run_for(1s);
    CHECK(hub.closed.size() > 25);
    CHECK(hub.closed.size() < 75);
    CHECK(sim.live_connections() == 100 - hub.closed.size());
}

TEST_CASE("delayed wakeups are late by no more than was asked for, and ticks keep their phase") {
    Simulation sim{3};
    RecordingHub hub{sim};
    sim.faults({.wakeup_delay = 40ms});
    sim.transport().tick_every(100ms);
    sim.run_for(10s);
    REQUIRE(hub.ticks.size() >= 99);
    std::set<kb::Duration> lags;
    for (std::size_t i = 0; i < 99; ++i) {
        const auto lag = hub.ticks[i] - (kb::testing::ManualClock::start + (i + 1) * 100ms);
        CHECK(lag >= 0ms);
        CHECK(lag <= 40ms);
        lags.insert(lag);
    }
    CHECK(lags.size() > 90);
}

TEST_CASE("what is ready at one instant comes in order, or in any order if asked for") {
    const auto order_of = [](bool reorder, std::uint64_t seed) {
        Simulation sim{seed};
        RecordingHub hub{sim};
        sim.faults({.reorder_wakeups = reorder});
        for (int i = 0; i < 8; ++i) sim.connect({.remote = std::string(1, static_cast<char>('a' + i))});
        sim.run_for(1ms);
        std::string order;
        for (const auto& line : hub.log) order += line.back();
        return order;
    };
    CHECK(order_of(false, 1) == "abcdefgh");
    CHECK(order_of(false, 2) == "abcdefgh");
    CHECK(order_of(true, 1) != "abcdefgh");
    CHECK(order_of(true, 1) == order_of(true, 1));
    CHECK(order_of(true, 1) != order_of(true, 2));
}

TEST_CASE("bytes of one connection keep their order whatever happens to wakeups") {
    Simulation sim{3};
    RecordingHub hub{sim};
    sim.faults({.partial_reads = true, .wakeup_delay = 10ms, .reorder_wakeups = true});
    auto& peer = sim.open({.latency_jitter = 5ms});
    hub.take();
    Log expected;
    for (int i = 0; i < 200; ++i) {
        peer.send_text(std::to_string(i));
        expected.push_back("text " + std::to_string(i));
        sim.run_for(1ms);
    }
    sim.run_for(10s);
    CHECK(hub.take() == expected);
}
