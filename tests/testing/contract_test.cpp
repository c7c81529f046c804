// The numbered rules of concepts/transport.hpp, kept by the simulated transport; and the hub that breaks them is told.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using namespace kingbolt::literals;
using kb::testing::ContractViolation;
using kb::testing::Simulation;
using Log = RecordingHub::Log;

namespace {

// `wrong` runs in the hub's callback `when`, as a hub would; the text names the broken rule.
std::string rule_broken_by(const std::function<void(RecordingHub&, RecordingHub::Connection&)>& wrong) {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_opened = [&](auto& connection) { wrong(hub, connection); };
    sim.connect();
    try {
        sim.run_for(1s);
    } catch (const ContractViolation& violation) {
        return violation.what();
    }
    return "none";
}

}  // namespace

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
    hub.write("x");
    CHECK(hub.take().empty());
    sim.run_for(0s);
    CHECK(hub.take() == Log{"written"});
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
    CHECK(rule_broken_by([](auto& hub, auto&) {
              hub.write("one");
              hub.write("two");
          }) == "peer 1: write while one is in flight (rule 5)");

    Simulation sim{1};
    RecordingHub hub{sim};
    int left = 3;
    hub.when_opened = [&](auto&) { hub.write("first"); };
    hub.when_written = [&](auto&) {
        if (left-- > 0) hub.write("next");
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

TEST_CASE("a hub that breaks a rule is told which") {
    using kb::CloseCode;
    CHECK(rule_broken_by([](auto&, auto&) {}) == "none");
    CHECK(rule_broken_by([](auto& hub, auto& connection) {
              connection.close(CloseCode::come_back, "");
              hub.write("x");
          }) == "peer 1: write after close");
    CHECK(rule_broken_by([](auto&, auto& connection) {
              connection.close(CloseCode::come_back, "");
              connection.close(CloseCode::come_back, "");
          }) == "peer 1: close after close");
    CHECK(rule_broken_by([](auto& hub, auto& connection) {
              connection.abort();
              hub.write("x");
          }) == "peer 1: write after abort");
    CHECK(rule_broken_by([](auto&, auto& connection) { connection.write({}); }) == "peer 1: write of nothing");
    CHECK(rule_broken_by([](auto&, auto& connection) { connection.close(CloseCode::abnormal, ""); }) ==
          "peer 1: close with a code that nobody may send (RFC 6455 section 7.4)");
    CHECK(rule_broken_by([](auto&, auto& connection) { connection.close(CloseCode::come_back, std::string(124, 'x')); }) ==
          "peer 1: close with a reason over 123 bytes (RFC 6455 section 5.5)");
}

TEST_CASE("a hub that swallows the violation is told again, once") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_opened = [](auto& connection) {
        try {
            connection.write({});
        } catch (...) {
        }
    };
    sim.connect();
    CHECK_THROWS_WITH(sim.run_for(1s), "peer 1: write of nothing");
    CHECK_NOTHROW(sim.run_for(1s));
}

TEST_CASE("nothing may be sent before the connection is open, and abort is the way to end it") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect({.handshake = kb::testing::Handshake::silent});
    sim.run_for(1s);
    CHECK_THROWS_WITH(hub.write("x"), "peer 1: write before on_opened");
    CHECK_THROWS_WITH(hub.connection().close(kb::CloseCode::come_back, ""), "peer 1: close before on_opened");
    hub.connection().abort();
    sim.run_for(1s);
    CHECK(hub.log.back() == "closed application_close");
    CHECK(peer.end() == kb::testing::PeerEnd::server_reset);
}

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
    Simulation sim{1};
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
    if (when == 6) hub.when_message = [&](auto&) { hub.write("x"); };
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
