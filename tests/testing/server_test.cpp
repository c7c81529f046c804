// The simulated server as a whole: attaching, detaching, accepting and pausing.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using kb::testing::ContractViolation;
using kb::testing::Simulation;
using Log = RecordingHub::Log;

TEST_CASE("detach drops all connections without an event, and another hub may attach") {
    Simulation sim{1};
    auto& first = sim.connect();
    {
        RecordingHub hub{sim};
        sim.run_for(1s);
        CHECK(first.is_open());
        const auto attach_another = [&] { RecordingHub{sim}; };
        CHECK_THROWS_AS(attach_another(), ContractViolation);
    }
    auto& between = sim.connect();
    sim.run_for(1s);
    CHECK(first.end() == kb::testing::PeerEnd::server_reset);
    CHECK(between.refused());
    CHECK(sim.pending_events() == 0);

    RecordingHub hub{sim};
    auto& second = sim.connect();
    sim.run_for(1s);
    CHECK(second.is_open());
}

TEST_CASE("a hub may detach in the middle of any event") {
    const auto when = GENERATE(0, 1, 2, 3, 4, 5, 6);
    Simulation sim{1, {.send_buffer = 100}};  // a write that does not go at once is reported
    RecordingHub hub{sim};
    const auto detach = [&](auto&&...) { sim.transport().detach(); };
    if (when == 0) hub.when_opened = detach;
    if (when == 1) hub.when_message = detach;
    if (when == 2) hub.when_ping = detach;
    if (when == 3) hub.when_close_received = detach;
    if (when == 4) hub.when_closed = detach;
    if (when == 5)
        hub.answer_upgrade = [&](const auto&) {
            detach();
            return kb::UpgradeResponse::accept();
        };
    if (when == 6) hub.when_written = detach;
    if (when == 6) hub.when_message = [&](auto&) { hub.write(std::string(1000, 'x')); };
    auto& peer = sim.connect();
    auto& other = sim.connect();
    peer.send_text("hello");
    peer.ping();
    peer.close();
    sim.run_for(1s);
    CHECK(peer.has_ended());
    CHECK(other.has_ended());
    CHECK(sim.live_connections() == 0);
    CHECK(sim.pending_events() == 0);
}

TEST_CASE("a hub that refuses a connection hears no more of it") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.accepts = false;
    auto& peer = sim.connect();
    sim.run_for(1s);
    CHECK(hub.take() == Log{"accepted " + peer.remote()});
    CHECK(peer.end() == kb::testing::PeerEnd::server_reset);
    CHECK(sim.live_connections() == 0);
}

TEST_CASE("after stop_accepting new connections are refused, and those not yet accepted are reset") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& old = sim.open();
    sim.freeze_loop(100ms);
    auto& waiting = sim.connect();
    sim.run_for(50ms);
    sim.transport().stop_accepting();
    auto& late = sim.connect();
    sim.run_for(1s);
    CHECK(old.is_open());
    CHECK(waiting.end() == kb::testing::PeerEnd::server_reset);
    CHECK(late.refused());
    CHECK(hub.connections.size() == 1);
}

TEST_CASE("a reader that pauses gets nothing until it resumes, and the peer's bytes wait in the kernel") {
    Simulation sim{1, {.receive_buffer = 1000}};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.when_message = [](auto& connection) { connection.pause_reading(); };
    hub.take();
    for (int i = 0; i < 3; ++i) peer.send_text(std::string(600, static_cast<char>('a' + i)));
    sim.run_for(1s);
    CHECK(hub.take().size() == 1);
    CHECK(hub.connection().tcp_evidence()->unread_bytes > 0);
    hub.connection().resume_reading();
    CHECK(hub.take().empty());
    sim.run_for(1s);
    CHECK(hub.take().size() == 1);
    hub.when_message = [](auto&) {};
    hub.connection().resume_reading();
    sim.run_for(1s);
    CHECK(hub.take().size() == 1);
    CHECK(hub.connection().tcp_evidence()->unread_bytes == 0);
}
