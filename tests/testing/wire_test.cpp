// The simulated TCP connection: latency, buffers, windows, and the ways in which it ends.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <numeric>
#include <string>

using namespace std::chrono_literals;
using namespace kingbolt::literals;
using kb::testing::PeerEnd;
using kb::testing::Simulation;
using Log = RecordingHub::Log;

namespace {

std::size_t sum_written(const RecordingHub& hub) {
    return std::accumulate(hub.written.begin(), hub.written.end(), std::size_t{0},
                           [](std::size_t n, const auto& w) { return n + w.first; });
}

}  // namespace

TEST_CASE("each way takes the peer's latency") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect({.latency = 20ms});
    sim.run_for(20ms - 1ns);
    CHECK(hub.connections.empty());  // the SYN
    sim.run_for(1ns);
    CHECK(hub.connections.size() == 1);
    sim.run_for(40ms - 1ns);
    CHECK(hub.byte_reports == 0);  // its answer, and the request
    sim.run_for(1ns);
    CHECK(hub.log.back() == "opened");
    sim.run_for(20ms - 1ns);
    CHECK_FALSE(peer.is_open());
    sim.run_for(1ns);
    CHECK(peer.is_open());

    const auto sent_at = sim.clock().now();
    hub.write("x");
    sim.run_for(1s);
    REQUIRE(peer.received().size() == 1);
    CHECK(peer.received()[0] == kb::testing::Received{kb::Opcode::text, "x", sent_at + 20ms});
    CHECK(hub.connection().tcp_evidence()->rtt == 40ms);
}

TEST_CASE("jitter varies the latency and never the order") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open({.latency = 1ms, .latency_jitter = 50ms});
    std::vector<kb::Duration> delays;
    for (int i = 0; i < 100; ++i) {
        const auto sent_at = sim.clock().now();
        hub.write(std::to_string(i));
        sim.run_for(0s);
        if (i % 2 == 0) sim.run_for(1ms);  // some of them overlap on the wire
        sim.run_for(i % 10 == 0 ? 60ms : 0ms);
        if (peer.messages_received() == static_cast<std::size_t>(i) + 1) delays.push_back(peer.received().back().at - sent_at);
    }
    sim.run_for(1s);
    REQUIRE(peer.received().size() == 100);
    for (std::size_t i = 0; i < 100; ++i) CHECK(peer.received()[i].payload == std::to_string(i));
    REQUIRE(delays.size() >= 5);
    const auto [least, most] = std::minmax_element(delays.begin(), delays.end());
    CHECK(*least >= 1ms);
    CHECK(*most <= 51ms);
    CHECK(*least != *most);
}

TEST_CASE("a write that fits the kernel's buffer completes at once, a larger one in parts") {
    Simulation sim{1, {.send_buffer = 10'000}};
    RecordingHub hub{sim};
    auto& peer = sim.open({.latency = 10ms, .receive_buffer = 4000});
    hub.take();
    hub.write(std::string(9'000, 'x'));
    sim.run_for(0s);
    CHECK(hub.written == std::vector<std::pair<std::size_t, bool>>{{9'004, true}});
    sim.run_for(1s);
    CHECK(peer.messages_received() == 1);

    hub.written.clear();
    hub.write(std::string(50'000, 'x'));
    sim.run_for(0s);
    CHECK(hub.written == std::vector<std::pair<std::size_t, bool>>{{10'000, false}});
    sim.run_for(1s);
    CHECK(hub.written.size() > 5);
    CHECK(sum_written(hub) == 50'004);
    CHECK(hub.written.back().second);
    CHECK(peer.messages_received() == 2);
}

TEST_CASE("a peer that stops reading fills its own buffer, then the server's, then the write waits") {
    Simulation sim{1, {.send_buffer = 20'000}};
    RecordingHub hub{sim};
    auto& peer = sim.open({.receive_buffer = 10'000});
    sim.run_for(1s);
    peer.stop_reading();
    hub.take();
    hub.write(std::string(100'000, 'x'));
    sim.run_for(1min);
    CHECK(sum_written(hub) == 30'000);
    CHECK(hub.log.empty());
    CHECK(sim.buffered_bytes() == 100'010 - 10'000);  // the header has 10 bytes
    // It is there: its kernel acknowledged all that was sent, but its window is closed.
    const auto evidence = hub.connection().tcp_evidence();
    CHECK(evidence->unacknowledged == 0);
    CHECK(evidence->unsent_bytes == 20'000);
    peer.resume_reading();
    sim.run_for(1min);
    CHECK(hub.log == Log{"written"});
    CHECK(peer.messages_received() == 1);
    CHECK(sim.buffered_bytes() == 0);
}

TEST_CASE("a slow peer drains at its rate") {
    Simulation sim{1, {.send_buffer = 1000}};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    sim.run_for(1s);
    const auto before = peer.bytes_received();
    peer.set_reads_per_second(10'000);
    hub.write(std::string(200'000, 'x'));
    sim.run_for(10s);
    CHECK(peer.bytes_received() - before >= 99'000);
    CHECK(peer.bytes_received() - before <= 101'000);
    peer.set_reads_per_second(3);
    sim.run_for(10s);
    CHECK(peer.bytes_received() - before <= 101'100);
    peer.set_reads_per_second(kb::testing::unlimited);
    sim.run_for(1s);
    CHECK(peer.messages_received() == 1);
}

TEST_CASE("a write into a vanished peer succeeds until the kernel's buffer is full: a failed write is no proof of life") {
    Simulation sim{1, {.send_buffer = 5'000}};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    sim.run_for(1s);
    hub.take();
    peer.vanish();
    peer.send_text("nobody hears this");
    for (int i = 0; i < 4; ++i) {
        hub.write(std::string(1000, 'x'));
        sim.run_for(1min);
    }
    CHECK(hub.take() == Log{"written", "written", "written", "written"});
    hub.write(std::string(3000, 'x'));
    sim.run_for(24h);
    CHECK(hub.take().empty());
    CHECK(sum_written(hub) == 5'000);

    const auto evidence = hub.connection().tcp_evidence();
    CHECK(evidence->unacknowledged > 0);
    CHECK(evidence->unsent_bytes == 5'000);
    CHECK(evidence->retransmits == 15);
    CHECK(evidence->since_last_ack >= 24h);

    hub.connection().abort();
    sim.run_for(1s);
    CHECK(hub.take() == Log{"closed application_close"});
    CHECK(hub.closed[0].tcp->unsent_bytes == 5'000);
    CHECK(peer.has_vanished());
    CHECK_FALSE(peer.is_open());
    CHECK_FALSE(peer.has_ended());
    CHECK(sim.buffered_bytes() == 0);
    CHECK(sim.pending_events() == 0);
}

TEST_CASE("retransmissions follow the time that nothing was acknowledged") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    peer.vanish();
    sim.run_for(1h);
    CHECK(hub.connection().tcp_evidence()->unacknowledged == 0);  // nothing was sent since
    hub.write("x");
    sim.run_for(100ms);
    CHECK(hub.connection().tcp_evidence()->unacknowledged == 1);
    CHECK(hub.connection().tcp_evidence()->retransmits == 0);
    sim.run_for(1s);  // 0.2 s, then 0.4 s after that; the next after 0.8 s
    CHECK(hub.connection().tcp_evidence()->retransmits == 2);
}

TEST_CASE("a peer that resets ends the connection, and what was on its way to it is lost") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.take();
    hub.write("x");
    peer.send_text("last words");
    peer.reset();
    peer.send_text("lost");
    sim.run_for(1s);
    CHECK(hub.take() == Log{"written", "text last words", "closed reset_by_peer"});
    CHECK(hub.closed[0].error == std::errc::connection_reset);
    CHECK(peer.messages_received() == 0);
    CHECK(peer.end() == PeerEnd::aborted);
}

TEST_CASE("a reset reaches a hub that has paused reading, the end of a stream does not") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& resetting = sim.open();
    auto& dropping = sim.open();
    sim.run_for(1s);
    hub.connection(0).pause_reading();
    hub.connection(1).pause_reading();
    hub.take();
    resetting.reset();
    dropping.drop();
    sim.run_for(1s);
    CHECK(hub.take() == Log{"closed reset_by_peer"});
    hub.connection(1).resume_reading();
    sim.run_for(1s);
    CHECK(hub.take() == Log{"closed eof_without_close"});
}

TEST_CASE("a reset at the n-th byte of the server's output, for every n") {
    std::size_t whole = 0;
    {
        Simulation sim{1};
        RecordingHub hub{sim};
        hub.when_opened = [&](auto&) { hub.write("hello"); };
        auto& peer = sim.connect();
        sim.run_for(1s);
        whole = peer.bytes_received();
        REQUIRE(peer.received().size() == 1);
    }
    for (std::size_t n = 1; n <= whole; ++n) {
        Simulation sim{1};
        RecordingHub hub{sim};
        hub.when_opened = [&](auto&) { hub.write("hello"); };
        auto& peer = sim.connect();
        peer.reset_at_byte(n);
        sim.run_for(1s);
        INFO("n = " << n);
        CHECK(peer.bytes_received() == n);
        CHECK(peer.messages_received() == (n == whole ? 1 : 0));
        CHECK(hub.log.back() == "closed reset_by_peer");
        CHECK(sim.live_connections() == 0);
    }
}

TEST_CASE("a peer may go at any stage of its handshake") {
    const auto after = GENERATE(0ms, 1ms, 2ms, 3ms, 4ms);
    const bool reset = GENERATE(true, false);
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect();
    sim.run_for(after);
    if (reset) {
        peer.reset();
    } else {
        peer.drop();
    }
    sim.run_for(1s);
    CHECK(hub.closed.size() == hub.connections.size());
    CHECK(sim.live_connections() == 0);
    CHECK(sim.pending_events() == 0);
}

TEST_CASE("bytes are counted before anything is made of them") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_message = [&](auto&) { hub.log.push_back("after " + std::to_string(hub.bytes_in)); };
    auto& peer = sim.open();
    hub.take();
    hub.bytes_in = 0;
    peer.send_text("hello");  // 2 bytes, a key of 4, and the text
    sim.run_for(1s);
    CHECK(hub.take() == Log{"text hello", "after 11"});
}

TEST_CASE("when all that a read of an open connection has brought is told, that is told as well") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_message = [&](auto&) { hub.log.push_back("after " + std::to_string(hub.reads_over)); };
    auto& peer = sim.open();
    hub.take();
    const std::size_t before = hub.reads_over;
    peer.send_text("hello");
    sim.run_for(1s);
    CHECK(hub.take() == Log{"text hello", "after " + std::to_string(before)});
    CHECK(hub.reads_over == before + 1);
    hub.when_message = [](auto& connection) { connection.abort(); };
    peer.send_text("and good-bye");
    sim.run_for(1s);
    CHECK(hub.reads_over == before + 1);
}
