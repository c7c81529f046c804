// The hub's loop in virtual time: turns, tasks, ticks, a loop that freezes and a clock that jumps.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>

using namespace std::chrono_literals;
using kb::testing::ContractViolation;
using kb::testing::ManualClock;
using kb::testing::Simulation;
using Log = RecordingHub::Log;

TEST_CASE("time moves only while the simulation runs, and exactly as far as it is told") {
    Simulation sim{1};
    CHECK(sim.clock().now() == ManualClock::start);
    sim.run_for(90s);
    CHECK(sim.clock().now() == ManualClock::start + 90s);
    CHECK(sim.elapsed() == 90s);
    CHECK_FALSE(sim.run_until([] { return false; }, 10s));
    CHECK(sim.elapsed() == 100s);
    CHECK(sim.run_until([] { return true; }, 10s));
    CHECK(sim.elapsed() == 100s);
}

TEST_CASE("run_until stops at the step that made its condition true") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect({.latency = 5ms});
    CHECK(sim.run_until([&] { return peer.is_open(); }, 1s));
    CHECK(sim.elapsed() == 20ms);
}

TEST_CASE("one turn ends after all events of its instant") {
    Simulation sim{1};
    RecordingHub hub{sim};
    for (int i = 0; i < 3; ++i) sim.open();
    hub.take();
    hub.when_message = [&](auto&) { sim.transport().end_turn_soon(); };
    // All three were opened at different instants, and now speak at one.
    for (auto* connection : hub.connections) connection->pause_reading();
    sim.run_for(1s);
    for (auto* connection : hub.connections) connection->resume_reading();
    sim.run_for(1s);
    CHECK(hub.take().empty());

    auto& a = sim.open();
    auto& b = sim.open();
    hub.take();
    a.send_text("a");
    a.send_text("A");
    b.send_text("b");
    sim.run_for(1s);
    CHECK(hub.take() == Log{"text a", "text A", "text b", "turn_end"});
}

TEST_CASE("a turn asked for between two runs ends when the next begins, and one asked for at its end comes again") {
    Simulation sim{1};
    RecordingHub hub{sim};
    int more = 2;
    hub.when_turn_ends = [&] {
        if (more-- > 0) sim.transport().end_turn_soon();
    };
    sim.transport().end_turn_soon();
    sim.transport().end_turn_soon();
    CHECK(hub.log.empty());
    CHECK(sim.pending_events() == 1);
    sim.run_for(0s);
    CHECK(hub.take() == Log{"turn_end", "turn_end", "turn_end"});
    CHECK(sim.pending_events() == 0);
}

TEST_CASE("a loop that never lets time pass is an error, not a hang") {
    Simulation sim{1, {.most_steps_at_once = 1000}};
    RecordingHub hub{sim};
    std::function<void()> again = [&] { sim.transport().post(again); };
    sim.transport().post(again);
    CHECK_THROWS_WITH(sim.run_for(1s), "virtual time stands still: something always wants to happen at once");
}

TEST_CASE("a turn that always asks for another is an error, not a hang") {
    Simulation sim{1, {.most_steps_at_once = 1000}};
    RecordingHub hub{sim};
    hub.when_turn_ends = [&] {
        hub.log.clear();
        sim.transport().end_turn_soon();
    };
    sim.transport().end_turn_soon();
    CHECK_THROWS_WITH(sim.run_for(1s), "virtual time stands still: something always wants to happen at once");
}

TEST_CASE("posted tasks run in order, later, and after detach too") {
    Simulation sim{1};
    std::string order;
    {
        RecordingHub hub{sim};
        sim.transport().post([&] {
            order += 'a';
            sim.transport().post([&] { order += 'c'; });
        });
        sim.from_other_thread([&] { sim.transport().post([&] { order += 'b'; }); });
        CHECK(order.empty());
    }
    sim.run_for(0s);
    CHECK(order == "abc");
}

TEST_CASE("ticks come at their period until they are stopped") {
    Simulation sim{1};
    RecordingHub hub{sim};
    sim.transport().tick_every(100ms);
    sim.run_for(1s);
    REQUIRE(hub.ticks.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) CHECK(hub.ticks[i] == ManualClock::start + (i + 1) * 100ms);
    sim.transport().tick_every(250ms);
    sim.run_for(1s);
    CHECK(hub.ticks.size() == 14);
    sim.transport().tick_every(0ms);
    sim.run_for(1s);
    CHECK(hub.ticks.size() == 14);
    CHECK(sim.pending_events() == 0);
}

TEST_CASE("a tick may stop the ticks, or change their period") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_ticking = [&] { sim.transport().tick_every(hub.ticks.size() < 3 ? 10ms : 0ms); };
    sim.transport().tick_every(100ms);
    sim.run_for(1s);
    CHECK(hub.ticks == std::vector<kb::TimePoint>{ManualClock::start + 100ms, ManualClock::start + 110ms, ManualClock::start + 120ms});
}

TEST_CASE("a frozen loop finds everything late, missed ticks are one, and the phase is kept") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    sim.run_for(1s - sim.elapsed());
    hub.take();
    sim.transport().tick_every(100ms);
    sim.run_for(250ms);
    hub.ticks.clear();
    sim.freeze_loop(5s);
    peer.send_text("one");
    sim.transport().post([&] { hub.log.emplace_back("task"); });
    sim.transport().end_turn_soon();
    auto& late = sim.connect();
    sim.run_for(4s);
    peer.send_text("two");
    sim.run_for(1s - 1ns);
    CHECK(hub.take().empty());
    CHECK(hub.ticks.empty());
    sim.run_for(1ns);
    CHECK(hub.take() == Log{"task", "text one", "text two", "accepted " + late.remote(), "upgrade /", "opened", "turn_end"});
    sim.run_for(250ms);
    const auto thaw = ManualClock::start + 1s + 250ms + 5s;
    CHECK(hub.ticks == std::vector<kb::TimePoint>{thaw, thaw + 50ms, thaw + 150ms, thaw + 250ms});
    CHECK(late.is_open());
}

TEST_CASE("while the loop is frozen the kernel still takes what was written, and acknowledges what comes") {
    Simulation sim{1, {.send_buffer = 1000, .receive_buffer = 500}};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.write(std::string(5000, 'x'));
    sim.freeze_loop(1min);
    peer.send_text(std::string(2000, 'y'));
    sim.run_for(50s);
    CHECK(peer.bytes_received() > 1000);
    CHECK(peer.messages_received() == 0);  // nobody refills the kernel's buffer
    CHECK(hub.connection().tcp_evidence()->unread_bytes == 500);
    sim.run_for(15s);
    CHECK(peer.messages_received() == 1);
    CHECK(hub.log.back() == "text " + std::string(2000, 'y'));
}

TEST_CASE("a hub may freeze its own loop from a callback") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.take();
    hub.when_message = [&](auto&) {
        sim.transport().end_turn_soon();
        if (hub.log == Log{"text slow"}) sim.freeze_loop(3s);
    };
    peer.send_text("slow");
    sim.run_for(1s);
    peer.send_text("waits");
    CHECK(hub.take() == Log{"text slow"});
    sim.run_for(3s);
    CHECK(hub.take() == Log{"text waits", "turn_end"});
}

TEST_CASE("a clock that jumps is the hub's trouble alone") {
    Simulation sim{1};
    RecordingHub hub{sim};
    sim.transport().tick_every(1s);
    sim.run_for(2s);
    sim.jump_clock(-1h);
    CHECK(sim.clock().now() == ManualClock::start + 2s - 1h);
    sim.run_for(1s);
    sim.jump_clock(3h);
    sim.run_for(1s);
    CHECK(hub.ticks == std::vector<kb::TimePoint>{ManualClock::start + 1s, ManualClock::start + 2s, ManualClock::start + 3s - 1h,
                                                  ManualClock::start + 4s + 2h});
    CHECK(sim.elapsed() == 4s);
    auto& peer = sim.open();
    CHECK(peer.is_open());
}

TEST_CASE("what a callback throws comes out of the run, and the simulation can go on") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_message = [](auto&) { throw std::runtime_error{"from a callback"}; };
    auto& peer = sim.open();
    peer.send_text("x");
    CHECK_THROWS_WITH(sim.run_for(1s), "from a callback");
    peer.ping("still there");
    sim.run_for(1s);
    CHECK(hub.log.back() == "ping still there");
}
