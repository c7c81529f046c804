// What the hub keeps for a session, and what it says of it at the end.

#include <kingbolt/engine/closed_report.hpp>
#include <kingbolt/engine/session_record.hpp>
#include <kingbolt/policy/rate_limiter.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

struct Connection {};
struct Nothing {};
using Record = engine::SessionRecord<Connection, Unlimited, Nothing>;

// Notes what a session asks of its hub.
struct Commands final : engine::SessionCommands {
    std::vector<std::string> asked;

    std::error_code send(Session&, Message message) override {
        asked.push_back("send " + std::string{message.text()});
        return Errc::queue_full;
    }
    std::error_code subscribe(Session&, std::string_view topic) override {
        asked.push_back("subscribe " + std::string{topic});
        return Errc::bad_topic;
    }
    void unsubscribe(Session&, std::string_view topic) override { asked.push_back("unsubscribe " + std::string{topic}); }
    void close(Session&, CloseCode code, std::string_view reason) override {
        asked.push_back("close " + std::to_string(static_cast<unsigned>(code)) + " " + std::string{reason});
    }
    const Identity* identity_of(const Session&) const noexcept override { return &identity; }
    bool permits(const Session&, Action action, std::string_view name) const override {
        return action == Action::publish && name == "lobby";
    }
    void refresh(Session&, std::string_view token, std::function<void(std::error_code)> done) override {
        asked.push_back("refresh " + std::string{token});
        done(Errc::bad_credentials);
    }

    Identity identity{.subject = "ann"};
};

constexpr TimePoint born{1h};

struct Fixture {
    Commands commands;
    Connection connection;
    Record record{SessionId{.index = 3, .generation = 2}, commands, connection, "192.0.2.7:5123", born};
};

}  // namespace

// A slot that is not filled costs no byte: the state of a real limiter is all that comes on top of a record without one.
static_assert(std::is_empty_v<Unlimited::State>);
static_assert(sizeof(engine::SessionRecord<Connection, RateLimiter, Nothing>) == sizeof(Record) + sizeof(RateLimiter::State));
static_assert(sizeof(Record) <= 512, "a session's part of the promised 1 KiB");

TEST_CASE("a session passes on what the application asks, and what the hub answers") {
    Fixture f;
    Session& session = f.record;
    CHECK(session.send("hello") == Errc::queue_full);
    CHECK(session.subscribe("a.*") == Errc::bad_topic);
    session.unsubscribe("a");
    session.close(CloseCode::do_not_come_back, "bye");
    session.close();
    std::error_code outcome;
    session.refresh("token", [&outcome](std::error_code error) { outcome = error; });
    CHECK(outcome == Errc::bad_credentials);
    CHECK(session.identity()->subject == "ann");
    CHECK(session.permits(Action::publish, "lobby"));
    CHECK_FALSE(session.permits(Action::call, "lobby"));
    CHECK(f.commands.asked ==
          std::vector<std::string>{"send hello", "subscribe a.*", "unsubscribe a", "close 4500 bye", "close 4000 ", "refresh token"});
}

TEST_CASE("a session knows who it is and how it came") {
    Fixture f;
    CHECK(f.record.id() == SessionId{.index = 3, .generation = 2});
    CHECK(f.record.remote() == "192.0.2.7:5123");
    f.record.set_request("/events", 2);
    f.record.set_subprotocol("chat");
    CHECK(f.record.path() == "/events");
    CHECK(f.record.subprotocol() == "chat");
}

TEST_CASE("a session is open between its handshake and the decision to close") {
    Fixture f;
    using Stage = Record::Stage;
    CHECK(f.record.phase() == Phase::handshake);
    CHECK_FALSE(f.record.open());
    f.record.stage = Stage::open;
    CHECK(f.record.phase() == Phase::open);
    CHECK(f.record.open());
    for (const Stage stage : {Stage::flushing, Stage::closing}) {
        f.record.stage = stage;
        CHECK(f.record.phase() == Phase::closing);
        CHECK_FALSE(f.record.open());
    }
}

TEST_CASE("what the hub decided is the cause, and what the wire said explains the rest") {
    Fixture f;
    f.record.stage = Record::Stage::closing;
    f.record.forced = true;
    f.record.decided = std::make_unique<engine::ClosePlan>(engine::plan_close(Cause::pong_timeout, 350ms));
    f.record.decided->tcp = TcpEvidence{.unacknowledged = 4};
    const WireClosed how{.cause = Cause::write_error,
                         .error = std::make_error_code(std::errc::broken_pipe),
                         .detail = "the wire's word",
                         .tcp = TcpEvidence{.unacknowledged = 9}};
    const event::Closed closed = engine::report_end(f.record, how, born + 90s, 20ms);
    CHECK(closed.cause == Cause::pong_timeout);
    CHECK(closed.ended_by == EndedBy::server);
    CHECK(closed.phase == Phase::closing);
    CHECK(closed.code == CloseCode::pong_timeout);
    CHECK(closed.reason == "pong_timeout after_ms=350");
    CHECK(closed.forced);
    CHECK(closed.error == std::errc::broken_pipe);
    CHECK(closed.detail == "the wire's word");
    CHECK(closed.tcp->unacknowledged == 4);  // at the decision, when it still showed the reason
    CHECK(closed.loop_lag == 20ms);
    CHECK(closed.lived == 90s);
    CHECK(closed.session == f.record.id());
    CHECK(closed.remote == f.record.remote());
}

TEST_CASE("a report tells what was queued and not sent, also where the queue has been given up since") {
    Fixture f;
    const auto ignore = [](const Frame&, bool) {};
    for (int i = 0; i < 3; ++i) f.record.queue.offer(Frame::encode(Opcode::text, "12345678"), {}, WhenFull::disconnect, ignore);
    f.record.queue.give_up();
    const event::Closed closed = engine::report_end(f.record, {}, born, 0ms);
    CHECK(closed.queued_messages == 3);
    CHECK(closed.queued_bytes == 30);
}

TEST_CASE("the hub's own detail goes before the wire's") {
    Fixture f;
    f.record.decided = std::make_unique<engine::ClosePlan>(engine::ClosePlan{.cause = Cause::handler_error, .detail = "what it threw"});
    CHECK(engine::report_end(f.record, {.detail = "eof"}, born, 0ms).detail == "what it threw");
}

TEST_CASE("where the hub decided nothing, the end is what the transport saw") {
    Fixture f;
    f.record.stage = Record::Stage::open;
    const WireClosed client{.cause = Cause::client_close,
                            .peer_code = CloseCode::going_away,
                            .peer_reason = "tab closed",
                            .tcp = TcpEvidence{.retransmits = 1}};
    const event::Closed closed = engine::report_end(f.record, client, born, 0ms);
    CHECK(closed.cause == Cause::client_close);
    CHECK(closed.ended_by == EndedBy::client);
    CHECK(closed.phase == Phase::open);
    CHECK(closed.code == CloseCode::going_away);
    CHECK(closed.reason == "tab closed");
    CHECK(closed.tcp->retransmits == 1);

    CHECK(engine::report_end(f.record, {.cause = Cause::reset_by_peer}, born, 0ms).code == CloseCode::abnormal);
    CHECK(engine::report_end(f.record, {.cause = Cause::protocol_error}, born, 0ms).code == CloseCode::protocol_error);
}

TEST_CASE("of what never happened a report says nothing") {
    const engine::Vitals vitals{.accepted = born};
    event::Closed closed;
    vitals.explain(closed, born + 3s);
    CHECK(closed == event::Closed{.at = born + 3s, .lived = 3s});
}

TEST_CASE("a report tells how long ago everything was") {
    engine::Vitals vitals{.accepted = born,
                          .opened = born + 1s,
                          .last_byte_in = born + 2s,
                          .last_byte_out = born + 3s,
                          .last_message_in = born + 4s,
                          .last_message_out = born + 5s,
                          .last_pong = born + 6s,
                          .write_waiting_since = born + 7s,
                          .last_rtt = 0ms};
    vitals.bytes_in = 1;
    vitals.bytes_out = 2;
    vitals.messages_in = 3;
    vitals.messages_out = 4;
    vitals.messages_dropped = 5;
    vitals.pings_sent = 8;
    vitals.missed_pongs = 9;
    event::Closed closed;
    vitals.explain(closed, born + 10s);
    const event::Closed expected{.at = born + 10s,
                                 .lived = 10s,
                                 .open_for = 9s,
                                 .since_last_byte_in = 8s,
                                 .since_last_byte_out = 7s,
                                 .since_last_message_in = 6s,
                                 .since_last_message_out = 5s,
                                 .since_last_pong = 4s,
                                 .last_rtt = 0ms,
                                 .missed_pongs = 9,
                                 .pings_sent = 8,
                                 .bytes_in = 1,
                                 .bytes_out = 2,
                                 .messages_in = 3,
                                 .messages_out = 4,
                                 .messages_dropped = 5,
                                 .write_stalled_for = 3s};
    CHECK(closed == expected);
}
