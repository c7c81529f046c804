// What a simulated client does by itself, and what it notices about the server.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using kb::Opcode;
using kb::testing::Handshake;
using kb::testing::PeerEnd;
using kb::testing::Simulation;
using Log = RecordingHub::Log;

namespace {}  // namespace

TEST_CASE("a peer answers pings with their payload, unless told not to") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.take();
    hub.write(std::vector{kb::Frame::encode(Opcode::ping, "one")});
    sim.run_for(1s);
    CHECK(hub.take() == Log{"written", "pong one"});
    peer.answer_pings(false);
    hub.write(std::vector{kb::Frame::encode(Opcode::ping, "two")});
    sim.run_for(1s);
    CHECK(hub.take() == Log{"written"});
    CHECK(peer.pings_received() == 2);
}

TEST_CASE("a peer that stopped reading does not answer until it reads again") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    peer.stop_reading();
    hub.take();
    hub.write(std::vector{kb::Frame::encode(Opcode::ping, "one")});
    sim.run_for(1min);
    CHECK(hub.take() == Log{"written"});
    peer.resume_reading();
    sim.run_for(1s);
    CHECK(hub.take() == Log{"pong one"});
}

TEST_CASE("a peer keeps what it received, until it is taken") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& keeping = sim.open();
    auto& counting = sim.open({.keeps_messages = false});
    sim.run_for(1s);
    hub.write("a", 0);
    hub.write("a", 1);
    sim.run_for(1s);
    CHECK(keeping.take_messages().size() == 1);
    CHECK(keeping.received().empty());
    CHECK(keeping.messages_received() == 1);
    CHECK(counting.received().empty());
    CHECK(counting.messages_received() == 1);
}

TEST_CASE("what is said before the upgrade is answered waits for it, and after a refusal is lost") {
    Simulation sim{1};
    RecordingHub hub{sim};
    sim.connect().send_text("early");
    sim.run_for(1s);
    CHECK(hub.take().back() == "text early");
    hub.answer_upgrade = [](const auto&) { return kb::UpgradeResponse::refuse(403, "no"); };
    auto& refused = sim.connect();
    refused.send_text("early");
    sim.run_for(1s);
    CHECK(hub.take() == Log{"accepted " + refused.remote(), "upgrade /", "closed upgrade_refused"});
    CHECK(refused.upgrade_status() == 403);
    CHECK(refused.response()->body == "no");
    CHECK(refused.end() == PeerEnd::server_finished);
}

TEST_CASE("a peer offers subprotocols and headers, and sees what was selected") {
    Simulation sim{1};
    RecordingHub hub{sim};
    kb::UpgradeRequest seen;
    hub.answer_upgrade = [&](const kb::UpgradeRequest& request) {
        seen = request;
        return kb::UpgradeResponse{.subprotocol = "v2", .headers = {{"X-Server", "kingbolt"}}};
    };
    auto& peer = sim.open({.subprotocols = {"v1", "v2"}, .headers = {{"Origin", "https://example.com"}}});
    CHECK(seen.subprotocols == std::vector<std::string>{"v1", "v2"});
    CHECK(seen.header("origin") == "https://example.com");
    CHECK(seen.remote == peer.remote());
    REQUIRE(peer.response());
    CHECK(kb::HttpRequest{.headers = peer.response()->headers}.header("Sec-WebSocket-Protocol") == "v2");
    CHECK(kb::HttpRequest{.headers = peer.response()->headers}.header("X-Server") == "kingbolt");
}

TEST_CASE("a subprotocol that was not offered is refused for the hub") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.answer_upgrade = [](const auto&) { return kb::UpgradeResponse::accept("v3"); };
    auto& peer = sim.open({.subprotocols = {"v1", "v2"}});
    sim.run_for(1s);
    CHECK(peer.upgrade_status() == 500);
    CHECK(hub.log.back() == "closed unoffered_subprotocol");
}

TEST_CASE("handshakes that never complete wait for the hub") {
    const auto kind = GENERATE(Handshake::silent, Handshake::half);
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect({.handshake = kind});
    sim.run_for(1h);
    CHECK(hub.take() == Log{"accepted " + peer.remote()});
    CHECK((hub.bytes_in > 0) == (kind == Handshake::half));
    CHECK(peer.upgrade_status() == 0);
}

TEST_CASE("bytes that are no request are answered with 400") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect({.handshake = Handshake::malformed});
    sim.run_for(1s);
    CHECK(hub.take() == Log{"accepted " + peer.remote(), "closed bad_handshake"});
    CHECK(hub.closed[0].detail == "a TLS handshake on a port without TLS");
    CHECK(peer.upgrade_status() == 400);
}

TEST_CASE("a request that never ends is cut at 16 KiB") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect({.handshake = Handshake::silent});
    sim.run_for(1s);
    peer.send_raw("GET / HTTP/1.1\r\nX: " + std::string(17'000, 'x'));
    sim.run_for(1s);
    CHECK(hub.log.back() == "closed bad_handshake");
}

TEST_CASE("http_get asks as a client without WebSocket would") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.answer_request = [](const kb::HttpRequest& request) {
        return kb::HttpResponse{.status = 503, .body = "not " + request.target, .headers = {{"Retry-After", "1"}}};
    };
    const auto response = sim.http_get("/healthz?verbose");
    CHECK(response.status == 503);
    CHECK(response.body == "not /healthz?verbose");
    CHECK(response.content_type == "text/plain; charset=utf-8");
    CHECK(hub.take() == Log{"accepted 10.0.0.1:50000", "request GET /healthz?verbose", "closed http_request"});
    CHECK(sim.live_connections() == 0);
    sim.transport().stop_accepting();
    CHECK_THROWS_AS(sim.http_get("/"), std::runtime_error);
}

TEST_CASE("a client's violations are named") {
    const auto [bytes, detail] = GENERATE(values<std::pair<std::string, std::string>>({
        {std::string{"\xC1\x80\0\0\0\0", 6}, "reserved bits set without a negotiated extension"},
        {std::string{"\x83\x80\0\0\0\0", 6}, "a frame with a reserved opcode"},
        {std::string{"\x81\x01x"}, "an unmasked frame"},
        {std::string{"\x81\xFE\0\x01\0\0\0\0x", 9}, "a payload length not in its shortest form"},
        {std::string{"\x09\x80\0\0\0\0", 6}, "a fragmented control frame"},
        {std::string{"\x89\xFE\0\x7E\0\0\0\0", 8}, "a control frame with more than 125 bytes"},
        {std::string{"\x80\x80\0\0\0\0", 6}, "a continuation frame without a message, or a new message inside one"},
        {std::string{"\x01\x80\0\0\0\0\x81\x80\0\0\0\0", 12}, "a continuation frame without a message, or a new message inside one"},
        {std::string{"\x88\x81\0\0\0\0\x03", 7}, "a Close frame with a code that may not be sent"},
        {std::string{"\x88\x82\0\0\0\0\x03\xED", 8}, "a Close frame with a code that may not be sent"},
    }));
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.take();
    peer.send_raw(bytes);
    sim.run_for(1s);
    CHECK(hub.take() == Log{"closed protocol_error"});
    REQUIRE(hub.closed.size() == 1);
    CHECK(hub.closed[0].detail == detail);
    CHECK(peer.close_code() == kb::CloseCode::protocol_error);
    CHECK(peer.close_reason() == detail);
    CHECK(peer.violations().empty());
}

TEST_CASE("masked payloads are unmasked") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.take();
    peer.send_raw(std::string{"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11});  // RFC 6455 section 5.7
    sim.run_for(1s);
    CHECK(hub.take() == Log{"text Hello"});
}

TEST_CASE("a server's violations are seen by the peer") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    sim.run_for(1s);
    const auto seen_after = [&](const std::vector<kb::Frame>& frames) {
        hub.write(frames);
        sim.run_for(1s);
        return peer.violations();
    };
    using Violations = std::vector<std::string>;
    SECTION("none") { CHECK(seen_after({kb::Frame::encode(Opcode::text, "\xC3\xA9")}).empty()); }
    SECTION("text") { CHECK(seen_after({kb::Frame::encode(Opcode::text, "\xFF")}) == Violations{"a text that is not UTF-8"}); }
    SECTION("fragment") { CHECK(seen_after({kb::Frame::encode(Opcode::continuation, "x")}) == Violations{"a fragment"}); }
    SECTION("ping") {
        CHECK(seen_after({kb::Frame::encode(Opcode::ping, std::string(126, 'x'))}) == Violations{"a control frame over 125 bytes"});
    }
    SECTION("opcode") { CHECK(seen_after({kb::Frame::encode(static_cast<Opcode>(3), "x")}) == Violations{"unknown opcode"}); }
    SECTION("after Close") {
        peer.answer_close(false);
        CHECK(seen_after({kb::Frame::encode(Opcode::close, ""), kb::Frame::encode(Opcode::text, "x")}) ==
              Violations{"a frame after the Close frame"});
        CHECK(peer.close_code() == kb::CloseCode::no_status);
    }
}

TEST_CASE("a stream that ends inside a frame is a violation") {
    Simulation sim{1, {.send_buffer = 1000}};
    RecordingHub hub{sim};
    auto& peer = sim.open({.latency = 10ms});
    sim.run_for(1s);
    hub.write(std::string(5000, 'x'));
    peer.send_raw(std::string{"\xC1\x80\0\0\0\0", 6});
    sim.run_for(1s);
    CHECK(hub.log.back() == "closed protocol_error");
    CHECK(peer.violations() == std::vector<std::string>{"the stream ended inside a frame"});
}

TEST_CASE("both may close at once") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open({.latency = 10ms});
    sim.run_for(1s);
    hub.take();
    peer.close(kb::CloseCode::going_away, "mine");
    hub.connection().close(kb::CloseCode::come_back, "yours");
    sim.run_for(1s);
    CHECK(hub.take() == Log{"close_received 1001 mine", "closed client_close"});
    CHECK(peer.close_code() == kb::CloseCode::come_back);
    CHECK(peer.violations().empty());
    CHECK(peer.end() == PeerEnd::server_finished);
}

TEST_CASE("peers are forgotten once both ends are done") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    auto& vanished = sim.open();
    CHECK_FALSE(sim.forget(peer));
    peer.close();
    vanished.vanish();
    sim.run_for(1s);
    CHECK(sim.forget(peer));
    CHECK_FALSE(sim.forget(vanished));
    hub.connection(1).abort();
    sim.run_for(1s);
    CHECK(sim.forget(vanished));
    sim.run_for(1s);
    CHECK(sim.pending_events() == 0);
}
