// Orders of events that a real transport produces seldom, and what exactly the hub hands to its transport.

#include "hub/meddler.hpp"
#include "hub/scripted/scripted_transport.hpp"
#include "support/catch.hpp"

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/testing/journal.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kb::literals;
using namespace std::chrono_literals;
using kb::test::ScriptedTransport;
using Connection = ScriptedTransport::Connection;

namespace {

template <class... Policies>
struct Script {
    explicit Script(Policies... policies) : hub{transport, clock, kb::Seed{1}, journal, policies...} {}

    void tick_for(kb::Duration duration) {
        for (kb::Duration passed{}; passed < duration; passed += 100ms) {
            clock.advance(100ms);
            transport.events->on_tick();
            transport.end_turn();
        }
    }
    std::size_t closed() const { return journal.template count<kb::event::Closed>(); }

    ScriptedTransport transport;
    kb::testing::ManualClock clock;
    kb::testing::Journal journal;
    kb::Hub<ScriptedTransport, kb::testing::ManualClock&, kb::Seed, kb::testing::Journal&, Policies...> hub;
};

}  // namespace

TEST_CASE("a publication is encoded once: all subscribers share one frame") {
    Script script;
    std::vector<Connection*> connections;
    for (int i = 0; i < 10; ++i) connections.push_back(&script.transport.open());
    for (Connection* connection : connections) script.hub.find(connection->id)->subscribe("news");
    script.hub.publish("news", "one for all");
    script.transport.end_turn();
    for (Connection* connection : connections) {
        REQUIRE(connection->frames.size() == 1);
        CHECK(same_bytes(connection->frames[0], connections[0]->frames[0]));
    }
}

TEST_CASE("what is sent in one turn leaves in one write for each connection, small messages as one frame block") {
    Script script;
    auto& connection = script.transport.open();
    for (int i = 0; i < 10; ++i) script.hub.send(connection.id, "x");
    CHECK(connection.frames.empty());
    script.transport.end_turn();
    CHECK(connection.messages() == 10);
    CHECK(connection.frames.size() == 1);
    CHECK(connection.batches.size() == 1);

    // The next write waits for the end of this one, then takes all that has gathered.
    for (int i = 0; i < 5; ++i) script.hub.send(connection.id, "x");
    script.transport.end_turn();
    CHECK(connection.batches.size() == 1);
    script.transport.written(connection, 7);
    script.transport.end_turn();
    CHECK(connection.batches.size() == 1);
    script.transport.written(connection, connection.in_flight);
    script.transport.end_turn();
    CHECK(connection.batches.size() == 2);
    CHECK(connection.messages() == 15);
    CHECK_FALSE(connection.misused);
}

TEST_CASE("a batch is at most 64 KiB or one message, so that a pong never waits for more") {
    Script script;
    auto& connection = script.transport.open();
    for (int i = 0; i < 80; ++i) script.hub.send(connection.id, std::string(10'000, 'x'));
    script.hub.send(connection.id, std::string(100'000, 'y'));
    script.transport.end_turn();
    std::size_t pong_at = 0;
    for (int round = 0; connection.in_flight > 0; ++round) {
        if (round == 3) script.transport.events->on_ping(connection.id, "quick");
        if (connection.messages() < 81) CHECK(connection.batches.back() <= 64_KiB);
        script.transport.written(connection, connection.in_flight);
        script.transport.end_turn();
        if (round == 3) pong_at = connection.frames.size();
    }
    CHECK(connection.messages() == 81);
    REQUIRE(pong_at > 0);
    // First in the batch that followed the ping.
    std::size_t index = 0;
    while (connection.frames[index].opcode() != kb::Opcode::pong) ++index;
    CHECK(index == 4 * 6);
    CHECK(connection.batches.back() == 100'010);
}

TEST_CASE("what many are owed takes several turns, and those who are owed little wait for none of it") {
    Script script;
    std::vector<Connection*> returning;
    for (int i = 0; i < 20; ++i) returning.push_back(&script.transport.open());
    auto& live = script.transport.open();
    auto& little = script.transport.open();
    script.hub.find(live.id)->subscribe("news");
    for (Connection* connection : returning) script.hub.send(connection->id, std::string(50'000, 'x'));
    script.hub.send(little.id, "a reply");

    const auto served = [&] { return std::ranges::count_if(returning, [](Connection* one) { return one->messages() == 1; }); };
    // A turn at a time; the hub asks for the next itself.
    const auto one_turn = [&] {
        REQUIRE(script.transport.turn_end_wanted);
        script.transport.turn_end_wanted = false;
        script.transport.events->on_turn_end();
    };
    one_turn();
    CHECK(little.messages() == 1);
    CHECK(served() == 6);  // 256 KiB, and what is left of the last
    script.hub.publish("news", "now");
    one_turn();
    CHECK(live.messages() == 1);
    CHECK(served() == 12);
    one_turn();
    CHECK(served() == 18);
    one_turn();
    CHECK(served() == 20);
    CHECK_FALSE(script.transport.turn_end_wanted);
}

TEST_CASE("a flood of pings makes at most one pong wait, and that answers the last") {
    Script script{kb::ClientLimits{.control_frames_per_second = 0}};
    auto& connection = script.transport.open();
    script.hub.send(connection.id, "first");
    script.transport.end_turn();
    for (int i = 0; i < 1000; ++i) script.transport.events->on_ping(connection.id, std::to_string(i));
    script.transport.end_turn();
    script.transport.written(connection, connection.in_flight);
    script.transport.end_turn();
    REQUIRE(connection.frames.size() == 2);
    CHECK(connection.frames[1].opcode() == kb::Opcode::pong);
    CHECK(std::string{reinterpret_cast<const char*>(connection.frames[1].payload().data()), 3} == "999");
}

TEST_CASE("an upgrade that was accepted just before a drain, and is reported after it began, is sent away at once") {
    Script script;
    bool opened = false;
    script.hub.on_open([&](kb::Session&) { opened = true; });
    auto& connection = script.transport.accept();
    CHECK(script.transport.events->on_upgrade(connection.id, {}).accepted());
    script.hub.drain({.deadline = 5s});
    script.transport.events->on_opened(connection.id);
    script.transport.end_turn();
    CHECK(connection.closed);
    CHECK(connection.code == kb::CloseCode::server_drain);
    CHECK_FALSE(opened);
    script.transport.close(connection);
    CHECK(script.journal.count<kb::event::Drained>() == 1);
}

TEST_CASE("nothing is written to a connection that was cut in the same turn") {
    Script script{kb::Deadlines{.close = 500ms}};
    auto& connection = script.transport.open();
    script.hub.send(connection.id, std::string(50'000, 'x'));
    script.hub.send(connection.id, std::string(50'000, 'x'));
    script.transport.end_turn();
    script.hub.close(connection.id);
    script.tick_for(400ms);
    // Its first write ends in the very turn in which its time is over.
    script.transport.written(connection, connection.in_flight);
    script.clock.advance(200ms);
    script.transport.events->on_tick();
    CHECK(connection.aborted);
    script.transport.end_turn();
    CHECK(connection.batches.size() == 1);
    CHECK_FALSE(connection.misused);
    script.transport.close(connection);
    const auto closed = script.journal.of<kb::event::Closed>().at(0);
    CHECK(closed.forced);
    CHECK(closed.queued_messages == 1);
    CHECK(closed.queued_bytes == 50'004);
}

TEST_CASE("a connection that ends in the turn in which it is due is not touched any more") {
    Script script;
    auto& first = script.transport.open();
    auto& second = script.transport.open();
    script.hub.send(first.id, "x");
    script.hub.send(second.id, "x");
    script.transport.close(first);
    // Its place is taken before the turn ends.
    auto& heir = script.transport.open();
    CHECK(heir.id.index == first.id.index);
    script.transport.end_turn();
    CHECK(first.frames.empty());
    CHECK(heir.frames.empty());
    CHECK(second.frames.size() == 1);
}

TEST_CASE("a client's close that crosses the hub's own keeps the hub's cause, and nothing follows it") {
    Script script;
    auto& connection = script.transport.open();
    script.hub.send(connection.id, "queued");
    script.hub.close(connection.id, kb::CloseCode::do_not_come_back, "bye");
    script.transport.events->on_close_received(connection.id, kb::CloseCode::normal, "me first");
    script.transport.end_turn();
    CHECK(connection.frames.empty());
    CHECK_FALSE(connection.closed);
    script.transport.close(connection, {.cause = kb::Cause::client_close, .peer_code = kb::CloseCode::normal});
    const auto closed = script.journal.of<kb::event::Closed>().at(0);
    CHECK(closed.cause == kb::Cause::application_close);
    CHECK(closed.reason == "bye");
    CHECK(closed.queued_messages == 1);
}

TEST_CASE("a client that closed but keeps its connection is cut, and the cause is still its own close") {
    Script script;
    auto& connection = script.transport.open();
    script.transport.events->on_close_received(connection.id, kb::CloseCode::going_away, "gone");
    script.transport.events->on_message(connection.id, "ignored");
    script.transport.events->on_ping(connection.id, "ignored");
    script.tick_for(6s);
    CHECK(connection.aborted);
    CHECK(connection.frames.empty());
    script.transport.close(connection, {.cause = kb::Cause::application_close, .detail = "aborted by the hub"});
    const auto closed = script.journal.of<kb::event::Closed>().at(0);
    CHECK(closed.cause == kb::Cause::client_close);
    CHECK(closed.ended_by == kb::EndedBy::client);
    CHECK(closed.code == kb::CloseCode::going_away);
    CHECK(closed.reason == "gone");
    CHECK(closed.forced);
    CHECK(closed.messages_in == 0);
}

TEST_CASE("a draining hub refuses a connection that the transport had already accepted") {
    Script script;
    auto& present = script.transport.open();
    script.hub.drain();
    CHECK_FALSE(script.transport.listening);
    CHECK_FALSE(script.transport.accept().id);
    CHECK(script.journal.count<kb::event::Accepted>() == 1);
    script.transport.end_turn();
    script.transport.close(present);
    CHECK(script.transport.tick == 0s);
}

TEST_CASE("what other threads ask of a hub wakes its loop once, however much it is") {
    Script script;
    auto& connection = script.transport.open();
    script.transport.elsewhere = true;
    for (int i = 0; i < 100; ++i) script.hub.send(connection.id, std::to_string(i));
    script.transport.elsewhere = false;
    REQUIRE(script.transport.tasks.size() == 1);
    script.transport.tasks[0]();
    script.transport.end_turn();
    REQUIRE(connection.messages() == 100);
    int next = 0;
    for (const kb::Frame& frame : connection.frames)
        frame.for_each_message([&](const kb::Frame& message) {
            const auto payload = message.payload();
            CHECK(std::string{reinterpret_cast<const char*>(payload.data()), payload.size()} == std::to_string(next++));
        });
}

TEST_CASE("what was posted to a hub that has gone is not done") {
    ScriptedTransport transport;
    {
        kb::Hub hub{transport, kb::Seed{1}};
        transport.elsewhere = true;
        hub.publish("news", "too late");
        transport.elsewhere = false;
    }
    REQUIRE(transport.tasks.size() == 1);
    CHECK_NOTHROW(transport.tasks[0]());
}

TEST_CASE("observers of a hub that is destroyed may still ask something of its sessions") {
    ScriptedTransport transport;
    kb::test::Meddler<kb::event::Closed> meddler;
    std::vector<std::string> ends;
    {
        kb::Hub hub{transport, kb::Seed{1}, meddler};
        for (int i = 0; i < 3; ++i) transport.open();
        meddler.act = [&](const auto& e) {
            ends.push_back(e.reason);
            for (const Connection& other : transport.connections) hub.close(other.id, kb::CloseCode::do_not_come_back, "you too");
            hub.publish("news", "the hub goes");
        };
        hub.close(transport.connections[0].id);
    }
    REQUIRE(ends.size() == 3);
    CHECK(ends[2] == "you too");
    for (const Connection& connection : transport.connections) CHECK_FALSE(connection.misused);
    CHECK(transport.events == nullptr);
}

TEST_CASE(
    "what a client is answered goes when all that it sent at once has been told, and others do not wait for the end of the turn either") {
    Script script;
    script.hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    auto& first = script.transport.open();
    auto& second = script.transport.open();
    script.transport.events->on_message(first.id, "1");
    CHECK(first.frames.empty());
    script.transport.read(first, {"2", "3"});
    CHECK(first.batches == std::vector<std::size_t>{9});
    CHECK(first.messages() == 3);
    script.transport.read(second, {"4"});
    CHECK(second.batches == std::vector<std::size_t>{3});
    script.transport.end_turn();
    CHECK(first.batches.size() == 1);
    CHECK(second.batches.size() == 1);
    CHECK(script.hub.stats().messages_out == 4);
    CHECK_FALSE((first.misused || second.misused));
}

TEST_CASE("an answer waits for the end of the turn behind what was published before it, and behind a write that is not over") {
    Script script;
    auto& connection = script.transport.open();
    script.hub.find(connection.id)->subscribe("news");
    script.hub.on_message([&](kb::Session& from, kb::Message message) {
        script.hub.publish("news", "published");
        from.send(message);
    });
    script.transport.read(connection, {"answered"});
    CHECK(connection.frames.empty());
    script.transport.end_turn();
    REQUIRE(connection.frames.size() == 2);
    CHECK(connection.frames[1].payload().size() == std::string_view{"answered"}.size());

    script.hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    script.transport.read(connection, {"too early"});
    script.transport.end_turn();
    CHECK(connection.batches.size() == 1);
    script.transport.written(connection, connection.in_flight);
    script.transport.end_turn();
    CHECK(connection.batches == std::vector<std::size_t>{21, 11});
    CHECK_FALSE(connection.misused);
}

TEST_CASE("what a client is answered before its session is closed comes before the Close") {
    Script script;
    script.hub.on_message([](kb::Session& from, kb::Message message) {
        from.send(message);
        from.close(kb::CloseCode::normal, "that was all");
    });
    auto& connection = script.transport.open();
    script.transport.read(connection, {"answered"});
    script.transport.end_turn();
    CHECK(connection.messages() == 1);
    CHECK_FALSE(connection.closed);
    script.transport.written(connection, connection.in_flight);
    script.transport.end_turn();
    CHECK(connection.closed);
    CHECK_FALSE(connection.misused);
}

TEST_CASE("what others are sent while a client is read goes at the end of the turn, in one write") {
    Script script;
    auto& talker = script.transport.open();
    auto& listener = script.transport.open();
    script.hub.on_message([&](kb::Session& from, kb::Message message) {
        script.hub.send(listener.id, message);
        from.send("heard");
    });
    script.transport.read(talker, {"1", "2"});
    script.transport.read(talker, {"3"});
    CHECK(listener.frames.empty());
    script.transport.end_turn();
    CHECK(listener.batches == std::vector<std::size_t>{9});
    CHECK(talker.batches == std::vector<std::size_t>{21});
    CHECK_FALSE((talker.misused || listener.misused));
}

TEST_CASE("a limit that says never tells its client to come back in a day, not in a number that overflows") {
    struct Never {
        using slot = kb::slot::rate_limit;
        struct State {};
        kb::Admission admit(State&, kb::TimePoint, std::uint32_t) const { return {false, kb::Duration::max()}; }
    };
    Script script{Never{}};
    auto& connection = script.transport.open();
    script.transport.events->on_message(connection.id, "x");
    CHECK(connection.reason == "rate_limited after_ms=86400000");
}

TEST_CASE("a liveness policy of one's own may give up without a ping and without a miss") {
    struct OneMinute {
        using slot = kb::slot::liveness;
        struct State {
            kb::TimePoint end{};
        };
        void start(State& state, kb::TimePoint now, std::uint64_t) const { state.end = now + 1min; }
        kb::TimePoint due(const State& state) const { return state.end; }
        kb::LivenessStep on_due(State&, kb::TimePoint, kb::TimePoint) const { return {.give_up = true}; }
        void on_bytes(State&) const {}
        std::optional<kb::Duration> on_pong(State&, std::string_view, kb::TimePoint) const { return std::nullopt; }
        void on_write_waiting(State&, kb::TimePoint) const {}
        void on_write_moved(State&, kb::TimePoint, bool) const {}
        std::string_view ping_payload(const State&) const { return {}; }
        std::uint32_t ping_sequence(const State&) const { return 0; }
    };
    Script script{OneMinute{}};
    auto& connection = script.transport.open();
    script.tick_for(59s);
    CHECK_FALSE(connection.closed);
    script.tick_for(2s);
    CHECK(connection.code == kb::CloseCode::pong_timeout);
    CHECK(script.hub.stats().pongs_missed == 0);
}
