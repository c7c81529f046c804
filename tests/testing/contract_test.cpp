// The numbered rules of concepts/transport.hpp, kept by the simulated transport.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace kingbolt::literals;
using kb::testing::ContractViolation;
using kb::testing::Simulation;
using Log = RecordingHub::Log;

TEST_CASE("a connection is accepted, upgraded, opened, and its messages arrive whole") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect({.target = "/feed?x=1", .remote = "192.0.2.7:4000"});
    CHECK_FALSE(peer.id());
    peer.send_text("hello");
    peer.send_binary(std::string_view{"\x00\x01", 2});
    peer.ping("p");
    peer.pong("q");
    sim.run_for(1s);
    CHECK(hub.take() ==
          Log{"accepted 192.0.2.7:4000", "upgrade /feed?x=1", "opened", "text hello", std::string{"binary \0\1", 9}, "ping p", "pong q"});
    CHECK(peer.id() == kb::SessionId{0, 1});
    CHECK(peer.is_open());
    CHECK(peer.upgrade_status() == 101);
}

TEST_CASE("rule 1: only post and in_loop may be called from elsewhere") {
    Simulation sim{1};
    RecordingHub hub{sim};
    sim.open();
    CHECK(sim.transport().in_loop());
    bool ran = false;
    sim.from_other_thread([&] {
        CHECK_FALSE(sim.transport().in_loop());
        sim.transport().post([&] { ran = sim.transport().in_loop(); });
        CHECK_THROWS_AS(hub.write("x"), ContractViolation);
        CHECK_THROWS_AS(hub.connection().close(kb::CloseCode::come_back, ""), ContractViolation);
        CHECK_THROWS_AS(hub.connection().abort(), ContractViolation);
        CHECK_THROWS_AS(hub.connection().pause_reading(), ContractViolation);
        CHECK_THROWS_AS(hub.connection().resume_reading(), ContractViolation);
        CHECK_THROWS_AS(sim.transport().end_turn_soon(), ContractViolation);
        CHECK_THROWS_AS(sim.transport().tick_every(1s), ContractViolation);
        CHECK_THROWS_AS(sim.transport().stop_accepting(), ContractViolation);
        CHECK_THROWS_AS(sim.transport().detach(), ContractViolation);
    });
    CHECK(sim.transport().in_loop());
    CHECK_FALSE(ran);
    sim.run_for(0s);
    CHECK(ran);
}

TEST_CASE("rule 2: commands never call back") {
    Simulation sim{1};
    RecordingHub hub{sim};
    sim.open();
    hub.take();
    const std::vector frames{RecordingHub::text("x")};
    CHECK(hub.connection().write(frames) == frames[0].wire().size());
    CHECK(hub.take().empty());
    sim.run_for(0s);
    CHECK(hub.take().empty());
    hub.connection().close(kb::CloseCode::come_back, "");
    hub.connection().abort();
    CHECK(hub.take().empty());
    sim.run_for(0s);
    CHECK(hub.take() == Log{"closed application_close"});
}

TEST_CASE("rule 3: a connection takes no commands after on_closed, and harmless ones while it runs") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.when_closed = [](auto& connection) {
        connection.abort();
        connection.pause_reading();
        connection.close(kb::CloseCode::come_back, "");
        CHECK(connection.tcp_evidence());
    };
    peer.reset();
    sim.run_for(1s);
    REQUIRE(hub.closed.size() == 1);
    CHECK_THROWS_WITH(hub.connection().abort(), "peer 1: abort after on_closed (rule 3)");
    CHECK_THROWS_WITH(hub.write("x"), "peer 1: write after on_closed (rule 3)");
    CHECK_THROWS_AS(hub.connection().pause_reading(), ContractViolation);
    CHECK_THROWS_AS(hub.connection().resume_reading(), ContractViolation);
    CHECK_THROWS_AS(hub.connection().close(kb::CloseCode::come_back, ""), ContractViolation);
}

TEST_CASE("rule 4: one on_closed for each on_accepted, whatever ends it, and nothing after it") {
    using Act = std::function<void(kb::testing::Peer&, RecordingHub&)>;
    const auto [ending, act] = GENERATE(values<std::pair<std::string, Act>>({
        {"closed client_close", [](auto& peer, auto&) { peer.close(); }},
        {"closed eof_without_close", [](auto& peer, auto&) { peer.drop(); }},
        {"closed reset_by_peer", [](auto& peer, auto&) { peer.reset(); }},
        {"closed protocol_error", [](auto& peer, auto&) { peer.violate_protocol(); }},
        {"closed application_close", [](auto&, auto& hub) { hub.connection().abort(); }},
        {"closed client_close", [](auto&, auto& hub) { hub.connection().close(kb::CloseCode::come_back, "bye"); }},
    }));
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.take();
    act(peer, hub);
    peer.send_text("too late?");
    sim.run_for(1min);
    CHECK(hub.closed.size() == 1);
    REQUIRE_FALSE(hub.log.empty());
    CHECK(hub.log.back() == ending);
    CHECK(sim.live_connections() == 0);
    CHECK(sim.buffered_bytes() == 0);
    CHECK(sim.run_until_idle(0s));
}

TEST_CASE("rule 5: the next write follows the last one's completion") {
    const std::string large(1000, 'x');
    {
        Simulation sim{1, {.send_buffer = 100}};
        RecordingHub hub{sim};
        sim.open();
        hub.write(large);
        CHECK_THROWS_WITH(hub.write("two"), "peer 1: write while one is in flight (rule 5)");
    }

    Simulation sim{1, {.send_buffer = 100}};
    RecordingHub hub{sim};
    int left = 3;
    hub.when_opened = [&](auto&) { hub.write(large); };
    hub.when_written = [&](auto&) {
        if (hub.written.back().second && left-- > 0) hub.write(large);
    };
    auto& peer = sim.connect();
    sim.run_for(1s);
    CHECK(peer.messages_received() == 4);
}

TEST_CASE("rule 6: close queues a Close frame behind what was written, and the connection ends when the peer's has come") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open({.latency = 10ms});
    hub.take();
    hub.write(std::string(1_MiB, 'x'));
    hub.connection().close(kb::CloseCode::server_drain, "after_ms=5");
    sim.run_for(10s);
    CHECK(peer.messages_received() == 1);
    CHECK(peer.close_code() == kb::CloseCode::server_drain);
    CHECK(peer.close_reason() == "after_ms=5");
    CHECK(peer.end() == kb::testing::PeerEnd::server_finished);
    CHECK(peer.violations().empty());
    CHECK(hub.take() == Log{"written", "close_received 4001 ", "closed client_close"});
}

TEST_CASE("rule 6: without the peer's Close the transport waits for as long as the hub does") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open({.answers_close = false});
    hub.take();
    hub.connection().close(kb::CloseCode::come_back, "");
    sim.run_for(24h);
    CHECK(hub.take().empty());
    CHECK(peer.close_code() == kb::CloseCode::come_back);
    hub.connection().abort();
    sim.run_for(1s);
    CHECK(hub.take() == Log{"closed application_close"});
    CHECK(peer.end() == kb::testing::PeerEnd::server_reset);
}

TEST_CASE("rule 7: the transport answers a peer's Close, and the hub may send nothing more") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_close_received = [&](auto& connection) {
        CHECK_THROWS_WITH(hub.write("x"), "peer 1: write after on_close_received (rule 7)");
        connection.close(kb::CloseCode::come_back, "");  // crossed the peer's on its way: harmless
        throw std::runtime_error{"seen"};
    };
    auto& peer = sim.open();
    hub.take();
    peer.close(kb::CloseCode::normal, "done");
    CHECK_THROWS_WITH(sim.run_for(1s), "seen");
    sim.run_for(1s);
    CHECK(hub.take() == Log{"close_received 1000 done", "closed client_close"});
    CHECK(hub.closed[0].peer_code == kb::CloseCode::normal);
    CHECK(hub.closed[0].peer_reason == "done");
    CHECK(peer.close_code() == kb::CloseCode::normal);
    CHECK(peer.end() == kb::testing::PeerEnd::server_finished);
    CHECK(peer.violations().empty());
}

TEST_CASE("rule 8: messages are whole, within the limit, and text is UTF-8") {
    Simulation sim{1, {.max_message = 1000}};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.take();
    SECTION("fragments are put together, control frames in between") {
        peer.send_fragment(kb::Opcode::text, "\xE2\x82", false);
        peer.ping("in between");
        peer.send_fragment(kb::Opcode::continuation, "", false);
        peer.send_fragment(kb::Opcode::continuation, "\xAC", true);
        peer.send_text(std::string(1000, 'x'));
        sim.run_for(1s);
        CHECK(hub.take() == Log{"ping in between", "text \xE2\x82\xAC", "text " + std::string(1000, 'x')});
    }
    SECTION("one byte over the limit") {
        peer.send_text(std::string(1001, 'x'));
        sim.run_for(1s);
        CHECK(hub.take() == Log{"closed message_too_big"});
        CHECK(peer.close_code() == kb::CloseCode::message_too_big);
    }
    SECTION("over the limit in fragments") {
        peer.send_fragment(kb::Opcode::binary, std::string(600, 'x'), false);
        peer.send_fragment(kb::Opcode::continuation, std::string(600, 'x'), true);
        sim.run_for(1s);
        CHECK(hub.take() == Log{"closed message_too_big"});
    }
    SECTION("not UTF-8") {
        peer.send_text("\xC0\x80");
        sim.run_for(1s);
        CHECK(hub.take() == Log{"closed invalid_utf8"});
        CHECK(peer.close_code() == kb::CloseCode::invalid_payload);
    }
    CHECK(peer.violations().empty());
}

TEST_CASE("rule 9: pings are the hub's to answer") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    peer.ping("are you there?");
    sim.run_for(1s);
    CHECK(peer.pongs_received() == 0);
    hub.when_ping = [](auto& connection) {
        const std::vector<kb::Frame> pong{kb::Frame::encode(kb::Opcode::pong, "yes")};
        connection.write(pong);
    };
    peer.ping("again");
    sim.run_for(1s);
    CHECK(peer.pongs_received() == 1);
    CHECK(peer.last_pong() == "yes");
}

TEST_CASE("an upgrade may be answered later, and until then nothing more is read") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.answer_upgrade = [](const auto&) { return kb::UpgradeResponse::deferred(); };
    auto& peer = sim.connect();
    sim.run_for(100ms);
    CHECK(peer.upgrade_status() == 0);

    SECTION("with yes") {
        hub.connection().answer_upgrade(kb::UpgradeResponse::accept());
        CHECK(hub.take().back() == "upgrade /");  // rule 2
        sim.run_for(100ms);
        CHECK(hub.take() == Log{"opened"});
        CHECK(peer.upgrade_status() == 101);
    }
    SECTION("with no") {
        hub.connection().answer_upgrade(kb::UpgradeResponse::refuse(401));
        sim.run_for(100ms);
        CHECK(hub.log.back() == "closed upgrade_refused");
        CHECK(peer.upgrade_status() == 401);
    }
    SECTION("not at all, when the client has left") {
        peer.drop();
        sim.run_for(100ms);
        CHECK(hub.log.back() == "closed eof_without_close");
    }
}

TEST_CASE("a client that is not accepted is told so where the hub has words for it") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.accepts = false;
    hub.refusal = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";
    auto& peer = sim.connect();
    sim.run_for(100ms);
    CHECK(peer.upgrade_status() == 429);
    CHECK(peer.has_ended());
}
