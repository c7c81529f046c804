// A whole life of a hub in which the N-th allocation fails, for every N. Whatever that breaks, it is no frame in the wrong
// hands, no session without an end, and nobody who is left waiting for ever.

#include "hub/doorman.hpp"
#include "hub/scripted/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/failing_allocator.hpp"

#include <kingbolt/engine/timer_wheel.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <chrono>
#include <cstdint>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace kb = kingbolt;
using namespace std::chrono_literals;
using kb::test::allocation_failed;
using kb::test::allocations_left;
using kb::test::for_every_allocation;
using kb::test::ScriptedTransport;
using Connection = ScriptedTransport::Connection;

namespace {

/// One life, in which the allocation number `n` made by the hub fails.
class Life {
public:
    explicit Life(long n)
        : countdown_{n},
          hub{transport,
              clock,
              kb::Seed{1},
              kb::KeepAlive{.ping_interval = 300ms, .pong_timeout = 200ms},
              kb::Outbox{.max_messages = 8, .when_full = kb::WhenFull::drop_oldest},
              kb::test::Doorman{},
              kb::AdmissionControl{.max_per_subject = 10, .table_size = 8},
              kb::RateLimiter{.per_second = 5, .burst = 2},
              kb::ClientLimits{.on_excess = kb::OnExcess::throttle},
              kb::MemoryBudget{}} {
        hub.configure_topic("strict", {.when_full = kb::WhenFull::disconnect});
        hub.on_open([this](kb::Session& session) {
            session.subscribe("a.*");
            session.subscribe("strict");
            hub.publish("a.join", std::string(40, 'j'));
        });
        hub.on_message([this](kb::Session& from, kb::Message message) {
            from.send(message);
            hub.publish("a.talk", [](std::uint64_t number) { return std::string(100, static_cast<char>('0' + number % 10)); });
        });
    }

    void run() {
        for (int i = 0; i < 4; ++i) come();
        for (int round = 0; round < 6; ++round) {
            for (Connection& connection : transport.connections) {
                const std::string text = mine(connection);
                report(connection, [&] { transport.events->on_message(connection.id, text); });
                report(connection, [&] { transport.events->on_ping(connection.id, "ping"); });
                report(connection, [&] { refresh(connection); });
            }
            attempt([&] { hub.publish("strict", std::string(60, 's')); });
            attempt([&] { hub.send(transport.connections[1].id, mine(transport.connections[1])); });
            tick();
            // The third reads nothing, and its outbox overflows.
            for (Connection& connection : transport.connections)
                if (&connection != &transport.connections[2]) take_all(connection);
        }
        attempt([&] { hub.close(transport.connections[0].id, kb::CloseCode::do_not_come_back, "goodbye"); });
        tick();
        Connection& leaver = transport.connections[3];
        report(leaver, [&] { transport.events->on_close_received(leaver.id, kb::CloseCode::normal, "bye"); });
    }

    /// Everybody who is still served hears what comes now, without another reason to write.
    void check_service() {
        allocations_left = -1;
        for (Connection& connection : transport.connections) take_all(connection);
        for (int i = 0; i < 2; ++i) {
            hub.publish("a.last", "last");
            transport.end_turn();
            for (Connection& connection : transport.connections) take_all(connection);
        }
        for (const Connection& connection : transport.connections) {
            CHECK_FALSE(connection.misused);
            if (hub.find(connection.id) == nullptr || connection.aborted) continue;
            REQUIRE_FALSE(connection.frames.empty());
            CHECK(text_of(connection.frames.back()) == "last");
        }
    }
    /// What was sent to one session went to that one only.
    void check_privacy() {
        for (const Connection& connection : transport.connections) {
            for (const kb::Frame& frame : connection.frames)
                if (text_of(frame).starts_with("for ")) CHECK(text_of(frame) == mine(connection));
        }
    }
    void end() {
        attempt([&] { hub.drain({.deadline = 500ms}); });
        for (int i = 0; i < 10; ++i) tick();
        for (Connection& connection : transport.connections)
            if (connection.id) transport.close(connection);
        CHECK(hub.stats().sessions == 0);
        CHECK(hub.stats().open_sessions == 0);
        CHECK(hub.stats().subscriptions == 0);
        CHECK(hub.stats().accepted == hub.stats().closed);
    }

    ScriptedTransport transport;
    kb::testing::ManualClock clock;

private:
    void come() {
        std::string remote = "[2001:0db8:0000:0000:0000:0000:0000:0007]:5000";
        Connection& connection = transport.connections.emplace_back();
        CHECK(attempt([&] { connection.id = transport.events->on_accepted(connection, std::move(remote)).session; }));
        if (!connection.id) return;
        kb::UpgradeRequest request;
        request.target = "/a-path-that-is-longer-than-a-small-string";
        request.headers = kb::test::token("good:somebody-with-a-name-that-is-long:60");
        report(connection, [&] {
            if (!transport.events->on_upgrade(connection.id, request).accepted()) connection.aborted = true;
        });
        report(connection, [&] { transport.events->on_opened(connection.id); });
        turn();
    }
    /// The loop's other work may throw what it likes, but a session that is renewed in part must not come of it.
    void refresh(const Connection& connection) {
        kb::Session* const session = hub.find(connection.id);
        if (session == nullptr) return;
        try {
            session->refresh("good:somebody-with-a-name-that-is-long:70", [](std::error_code) {});
        } catch (const std::bad_alloc&) {
        }
        if (session->identity() == nullptr || !session->identity()->subject.starts_with("somebody")) throw std::bad_alloc{};
    }
    static std::string mine(const Connection& connection) { return "for " + std::to_string(connection.id.value()) + std::string(30, '!'); }
    static std::string_view text_of(const kb::Frame& frame) {
        return {reinterpret_cast<const char*>(frame.payload().data()), frame.payload().size()};
    }
    /// The hub's part of the time: only here allocations fail.
    template <class Work>
    bool attempt(Work&& work) {
        allocations_left = std::exchange(countdown_, -1);
        try {
            work();
            countdown_ = allocation_failed ? -1 : allocations_left;
            allocations_left = -1;
            return true;
        } catch (const std::bad_alloc&) {
            allocations_left = -1;
            return false;
        }
    }
    /// Of a connection that is still there. No event of one lets an exception out: the loop would end with it.
    template <class Work>
    void report(Connection& connection, Work&& work) {
        if (connection.id && !connection.aborted) CHECK(attempt(work));
    }
    void turn() {
        CHECK(attempt([&] { transport.end_turn(); }));
    }
    void tick() {
        clock.advance(100ms);
        attempt([&] { transport.events->on_tick(); });
        turn();
    }
    void take_all(Connection& connection) {
        while (connection.in_flight > 0 && !connection.aborted && !connection.closed) {
            transport.written(connection, connection.in_flight);
            transport.end_turn();
        }
    }

    long countdown_;

public:
    kb::Hub<ScriptedTransport, kb::testing::ManualClock&, kb::Seed, kb::KeepAlive, kb::Outbox, kb::test::Doorman, kb::AdmissionControl,
            kb::RateLimiter, kb::ClientLimits, kb::MemoryBudget>
        hub;
};

}  // namespace

TEST_CASE("the n-th allocation of a hub fails, for every n: nobody is confused with another, and everybody ends") {
    const long tried = for_every_allocation([&](long n) {
        Life life{n};
        life.run();
        life.check_service();
        life.check_privacy();
        life.end();
    });
    CHECK(tried > 100);
}

TEST_CASE("a publication behind a thousand others may lack memory: it is lost alone, or its receiver is closed") {
    constexpr std::size_t before = 1'100;
    const std::string large(64'000, 'y');  // those before it have to go out first
    const long tried = for_every_allocation([&](long n) {
        ScriptedTransport transport;
        kb::testing::ManualClock clock;
        kb::Hub hub{transport, clock, kb::Outbox{.max_messages = 2 * before}};
        Connection& reader = transport.open();
        REQUIRE_FALSE(hub.find(reader.id)->subscribe("news"));
        for (std::size_t i = 0; i < before; ++i) REQUIRE_FALSE(hub.publish("news", "x"));

        bool published = false;
        allocations_left = n;
        try {
            published = !hub.publish("news", large);
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;

        do transport.end_turn();
        while (reader.in_flight > 0 && (transport.written(reader, reader.in_flight), true));
        if (!reader.closed && !reader.aborted) CHECK(reader.messages() == before + (published ? 1 : 0));
        transport.close(reader);
    });
    CHECK(tried > 3);
}

TEST_CASE("another thread's message may lack the memory with which a full queue of bundles makes room: the queue stays whole") {
    for (const auto when_full : {kb::WhenFull::conflate, kb::WhenFull::drop_oldest}) {
        const long tried = for_every_allocation([&](long n) {
            ScriptedTransport transport;
            kb::testing::ManualClock clock;
            kb::Hub hub{transport, clock, kb::MemoryBudget{}, kb::Outbox{.max_messages = 16, .when_full = when_full}};
            Connection& reader = transport.open();
            REQUIRE_FALSE(hub.find(reader.id)->subscribe("news"));
            hub.send(reader.id, "in flight");
            transport.end_turn();
            for (std::uint64_t i = 0; i < 15; ++i) REQUIRE_FALSE(hub.publish("news", "x", {.key = i % 3}));
            hub.find(reader.id)->unsubscribe("news");  // so that it is queued
            transport.elsewhere = true;
            for (int i = 0; i < 3; ++i) hub.send(reader.id, std::string(1'500, 'm'));
            transport.elsewhere = false;

            allocations_left = n;
            for (const auto& task : std::exchange(transport.tasks, {})) task();
            allocations_left = -1;

            for (int i = 0; i < 20; ++i) hub.send(reader.id, std::string(1'500, 'z'));
            do transport.end_turn();
            while (reader.in_flight > 0 && (transport.written(reader, reader.in_flight), true));
            CHECK_FALSE(reader.misused);
            CHECK(reader.messages() + hub.stats().messages_dropped >= 1 + 15 + 20);
            transport.events->on_tick();
            CHECK(hub.stats().queued_bytes == 0);
            CHECK(hub.stats().queued_messages == 0);
            transport.close(reader);
        });
        CHECK(tried > 5);
    }
}

TEST_CASE("a tick may lack memory for the appointments that it makes: nobody loses one, and the tick ends") {
    constexpr std::uint32_t ids = 2'000;
    const long tried = for_every_allocation([&](long n) {
        kb::TimePoint now{1h};
        kb::engine::TimerWheel wheel{now};
        for (std::uint32_t id = 0; id < ids; ++id) wheel.schedule(id, now + 1s);
        std::vector<kb::TimePoint> due(ids, now + 1s);

        allocations_left = n;
        for (int tick = 0; tick < 2'000; ++tick) {
            now += wheel.tick();
            wheel.advance(now, [&](std::uint32_t id) {
                // From all in one slot to some in each, for which there are not chunks enough.
                if (now >= due[id]) due[id] = now + wheel.tick() * (1 + id % 500);
                return due[id];
            });
        }
        allocations_left = -1;

        CHECK(wheel.scheduled() == ids);
        // Who was unlucky is a turn of the wheel late, and not more.
        for (std::uint32_t id = 0; id < ids; ++id)
            if (due[id] <= now) FAIL_CHECK("id " << id << " has not fired");
    });
    CHECK(tried > 5);
}

TEST_CASE("after an allocation failed while a batch was made, an empty hub has nothing queued") {
    const long tried = for_every_allocation([&](long n) {
        ScriptedTransport transport;
        kb::testing::ManualClock clock;
        kb::Hub hub{transport, clock, kb::MemoryBudget{}};
        Connection& reader = transport.open();
        REQUIRE_FALSE(hub.find(reader.id)->subscribe("news"));
        for (int i = 0; i < 20; ++i) {
            REQUIRE_FALSE(hub.publish("news", std::string(2'000, 'x')));
            hub.send(reader.id, std::string(2'000, 's'));
        }

        allocations_left = n;
        try {
            transport.end_turn();
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;

        transport.close(reader);
        transport.events->on_tick();
        CHECK(hub.stats().queued_bytes == 0);
        CHECK(hub.stats().queued_messages == 0);
    });
    CHECK(tried > 3);
}

namespace {

struct Farewell final : kb::engine::HubCompanion {
    void on_published(std::string_view, const kb::Frame&, kb::TimePoint) noexcept override {}
    std::string farewell(kb::SessionId, kb::CloseCode, std::string_view) noexcept override { return "goodbye"; }
    void on_unsubscribed(kb::SessionId, std::string_view) noexcept override {}
    void on_no_longer_permitted(kb::Session&, std::string_view) override {}
    void on_gone(kb::SessionId) noexcept override {}
    void on_tick(kb::TimePoint) noexcept override {}
};

}  // namespace

TEST_CASE("a close that memory fails half-way still ends the session, for every n") {
    const long tried = for_every_allocation([&](long n) {
        ScriptedTransport transport;
        kb::testing::ManualClock clock;
        Farewell farewell;
        kb::Hub hub{transport, clock, kb::NoKeepAlive{}};
        hub.accompany(&farewell);
        Connection& client = transport.open();
        transport.elsewhere = true;
        hub.close(client.id, kb::CloseCode::do_not_come_back);
        transport.elsewhere = false;

        allocations_left = n;
        for (const auto& task : std::exchange(transport.tasks, {})) task();
        allocations_left = -1;

        // Where nothing had been decided yet it is for whoever was told of the failure to ask again.
        if (hub.find(client.id) != nullptr) hub.close(client.id, kb::CloseCode::do_not_come_back);
        CHECK(hub.find(client.id) == nullptr);
        do transport.end_turn();
        while (client.in_flight > 0 && (transport.written(client, client.in_flight), true));
        CHECK((client.closed || client.aborted));
        CHECK(hub.stats().open_sessions == 0);
        transport.close(client);
        CHECK(hub.stats().closing_sessions == 0);
    });
    CHECK(tried > 4);
}
