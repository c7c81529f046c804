// What observers, and others that are asked in the middle of something, do to the hub meanwhile; and what comes between a publication and
// the end of its turn.

#include "hub/meddler.hpp"
#include "hub/scripted/scripted_transport.hpp"
#include "support/catch.hpp"

#include <kingbolt/backplane/shards.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kb = kingbolt;
using namespace std::chrono_literals;
using kb::test::Meddler;
using kb::test::ScriptedTransport;
using Connection = ScriptedTransport::Connection;
using Lines = std::vector<std::string>;

namespace {

Lines texts(const Connection& connection) {
    Lines lines;
    for (const kb::Frame& frame : connection.frames)
        frame.for_each_message([&](const kb::Frame& message) {
            const auto payload = message.payload();
            lines.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
        });
    return lines;
}

template <class... Policies>
struct Script {
    explicit Script(Policies... policies) : hub{transport, clock, kb::Seed{1}, policies...} {}

    Connection& subscriber(std::string_view topic) {
        Connection& connection = transport.open();
        hub.find(connection.id)->subscribe(topic);
        return connection;
    }
    void run_tasks() {
        for (const auto& task : std::exchange(transport.tasks, {})) task();
    }
    /// Until every client has all that is there for it.
    void settle() {
        transport.end_turn();
        for (Connection& connection : transport.connections) {
            while (connection.in_flight > 0) {
                transport.written(connection, connection.in_flight);
                transport.end_turn();
            }
        }
    }

    ScriptedTransport transport;
    kb::testing::ManualClock clock;
    kb::Hub<ScriptedTransport, kb::testing::ManualClock&, kb::Seed, Policies...> hub;
};

/// A hub at a backplane, and another that publishes.
template <class... Policies>
struct Linked {
    explicit Linked(Policies... policies) : script{shards, policies...}, other{shards, [] {}} {}

    void publish_elsewhere(std::string_view topic, std::string_view text) { other.publish(topic, kb::Message{text}, 0, false); }

    kb::backplane::Shards shards;
    Script<kb::backplane::Shards&, Policies...> script;
    kb::backplane::Shards::Link other;
};

}  // namespace

TEST_CASE("a subscriber of a pattern goes on hearing a topic whose last direct subscriber left in the turn in which it was published to") {
    Linked linked;
    auto& script = linked.script;
    auto& patient = script.subscriber("b.*");
    auto& hasty = script.subscriber("b.1");
    linked.publish_elsewhere("b.1", "first");
    script.run_tasks();
    script.transport.close(hasty);
    script.settle();
    linked.publish_elsewhere("b.1", "second");
    script.run_tasks();
    script.settle();
    CHECK(texts(patient) == Lines{"first", "second"});
}

TEST_CASE("nobody hears a topic instead of another whose last subscriber left in the turn in which it was published to") {
    Linked linked;
    auto& script = linked.script;
    auto& patient = script.subscriber("b.*");
    auto& hasty = script.subscriber("salaries");
    linked.publish_elsewhere("salaries", "what Anna earns");
    script.run_tasks();
    script.transport.close(hasty);
    linked.publish_elsewhere("b.1", "for all of b");
    script.run_tasks();
    script.settle();
    CHECK(texts(patient) == Lines{"for all of b"});
}

TEST_CASE("what an observer sends or publishes from within QueueHigh reaches whom it names, and nobody else") {
    Meddler<kb::event::QueueHigh> meddler;
    Script<kb::Outbox, Meddler<kb::event::QueueHigh>&> script{kb::Outbox{.max_messages = 8}, meddler};
    auto& slow = script.subscriber("a");
    auto& other = script.subscriber("b");
    auto& admin = script.subscriber("admin");
    meddler.act = [&](const auto& e) {
        script.hub.send(e.session, "slow down");
        script.hub.publish("admin", "one is slow");
    };
    SECTION("while others are sent something") {
        for (int i = 0; i < 5; ++i) script.hub.send(slow.id, "x");
        script.hub.send(other.id, "for the other");
    }
    SECTION("while others are published to") {
        for (int i = 0; i < 5; ++i) script.hub.publish("a", "x");
        script.hub.publish("b", "for the other");
    }
    script.settle();
    CHECK(texts(slow) == Lines{"x", "x", "x", "x", "x", "slow down"});
    CHECK(texts(other) == Lines{"for the other"});
    CHECK(texts(admin) == Lines{"one is slow"});
}

TEST_CASE("what an observer sends or publishes from within Dropped reaches whom it names, and nobody else") {
    Meddler<kb::event::Dropped> meddler;
    Script<kb::Outbox, Meddler<kb::event::Dropped>&> script{kb::Outbox{.max_messages = 2, .when_full = kb::WhenFull::drop_newest}, meddler};
    auto& full = script.subscriber("a");
    auto& other = script.subscriber("b");
    auto& admin = script.subscriber("admin");
    for (int i = 0; i < 2; ++i) script.hub.publish("a", "x");
    script.transport.end_turn();
    meddler.act = [&](const auto&) {
        script.hub.send(admin.id, "sent");
        script.hub.publish("admin", "published");
    };
    SECTION("while others are sent something") {
        script.hub.publish("a", "too much");
        script.hub.send(other.id, "for the other");
    }
    SECTION("while others are published to") {
        script.hub.publish("a", "too much");
        script.hub.publish("b", "for the other");
    }
    script.settle();
    CHECK(texts(full) == Lines{"x", "x"});
    CHECK(texts(other) == Lines{"for the other"});
    CHECK(texts(admin) == Lines{"sent", "published"});
}

TEST_CASE("what an observer sends or publishes from within Closing reaches whom it names, and nobody else") {
    Meddler<kb::event::Closing> meddler;
    Script<kb::Outbox, Meddler<kb::event::Closing>&> script{kb::Outbox{.max_messages = 2}, meddler};
    auto& slow = script.subscriber("a");
    auto& other = script.subscriber("b");
    auto& admin = script.subscriber("admin");
    for (int i = 0; i < 2; ++i) script.hub.publish("a", "x");
    script.transport.end_turn();
    meddler.act = [&](const auto& e) {
        CHECK(e.cause == kb::Cause::slow_consumer);
        script.hub.send(e.session, "too late");
        script.hub.send(admin.id, "sent");
        script.hub.publish("admin", "published");
    };
    SECTION("while others are sent something") {
        script.hub.publish("a", "too much");
        script.hub.send(other.id, "for the other");
    }
    SECTION("while others are published to") {
        script.hub.publish("a", "too much");
        script.hub.publish("b", "for the other");
    }
    script.settle();
    CHECK(slow.closed);
    CHECK(texts(slow) == Lines{"x", "x"});
    CHECK(texts(other) == Lines{"for the other"});
    CHECK(texts(admin) == Lines{"sent", "published"});
}

TEST_CASE("what an observer is told of a session whose close is under way, it is told when that can take nothing any more") {
    Meddler<kb::event::QueueHigh> meddler;
    Script<kb::Outbox, Meddler<kb::event::QueueHigh>&> script{kb::Outbox{.max_messages = 4}, meddler};
    auto& connection = script.transport.open();
    bool found = false;
    meddler.act = [&](const auto& e) { found = script.hub.find(e.session) != nullptr; };
    for (int i = 0; i < 3; ++i) script.hub.send(connection.id, "x");
    script.hub.close(connection.id);
    script.settle();
    CHECK_FALSE(found);
    CHECK(texts(connection) == Lines{"x", "x", "x"});
}

TEST_CASE("what an observer sends at the end of a turn leaves without another reason to write") {
    SECTION("told of a full queue") {
        Meddler<kb::event::QueueHigh> meddler;
        Script<kb::Outbox, Meddler<kb::event::QueueHigh>&> script{kb::Outbox{.max_messages = 4}, meddler};
        auto& slow = script.transport.open();
        auto& admin = script.subscriber("admin");
        meddler.act = [&](const auto&) {
            script.hub.publish("admin", "published");
            script.hub.send(admin.id, "sent");
        };
        for (int i = 0; i < 3; ++i) script.hub.send(slow.id, "x");
        script.settle();
        CHECK(texts(admin) == Lines{"published", "sent"});
    }
    SECTION("told of a failure while publications are taken from the backplane") {
        Meddler<kb::event::HandlerFailed> meddler;
        Linked<Meddler<kb::event::HandlerFailed>&> linked{meddler};
        auto& script = linked.script;
        auto& admin = script.subscriber("admin");
        meddler.act = [&](const auto&) {
            script.hub.send(admin.id, "sent");
            script.hub.publish("admin", "published");
        };
        script.hub.publish("news", [](std::uint64_t) -> std::string { throw std::runtime_error{"no data"}; });
        script.settle();
        CHECK(texts(admin) == Lines{"sent", "published"});
    }
}

TEST_CASE("what is published while publications are taken from the backplane changes no topic's order") {
    Meddler<kb::event::HandlerFailed> meddler;
    Linked<Meddler<kb::event::HandlerFailed>&> linked{meddler};
    auto& script = linked.script;
    auto& client = script.subscriber("b");
    const auto publish_newer = [&] { script.hub.publish("b", "newer"); };
    SECTION("by an observer") {
        meddler.act = [&](const auto&) { publish_newer(); };
        linked.other.publish(
            "a", [](std::uint64_t) -> std::string { throw std::runtime_error{"no data"}; }, 0, false);
    }
    SECTION("by a builder") {
        linked.other.publish(
            "a",
            [&](std::uint64_t) {
                publish_newer();
                return std::string{"built"};
            },
            0, false);
    }
    linked.publish_elsewhere("c", "in between");
    linked.publish_elsewhere("b", "older");
    script.run_tasks();
    script.settle();
    CHECK(texts(client) == Lines{"older", "newer"});
}

TEST_CASE("an observer forgets the topic that is being published to: nobody else hears the message") {
    Meddler<kb::event::Dropped> meddler;
    Script<kb::Outbox, Meddler<kb::event::Dropped>&> script{kb::Outbox{.max_messages = 2, .when_full = kb::WhenFull::drop_newest}, meddler};
    script.subscriber("busy");
    auto& ann = script.subscriber("chat.*");
    auto& bob = script.subscriber("ops.public");
    script.hub.publish("chat.private", "for a start");
    for (int i = 0; i < 2; ++i) script.hub.publish("busy", "x");
    script.transport.end_turn();
    bool forgotten = false;
    meddler.act = [&](const auto&) {
        forgotten = script.hub.forget_topic("chat.private");
        script.hub.find(bob.id)->subscribe("ops.late");
    };
    script.hub.publish("busy", "too much");
    script.hub.publish("chat.private", "for ann");
    script.settle();
    CHECK(forgotten);
    CHECK(texts(ann) == Lines{"for a start", "for ann"});
    CHECK(texts(bob).empty());
}

TEST_CASE("a topic that its builder has had forgotten is published to all the same, and nobody else hears the message") {
    Script script;
    auto& ann = script.subscriber("chat.*");
    auto& bob = script.subscriber("ops.public");
    script.hub.publish("chat.private", [&](std::uint64_t sequence) {
        CHECK(script.hub.forget_topic("chat.private"));
        script.hub.find(bob.id)->subscribe("ops.late");
        return "number " + std::to_string(sequence);
    });
    script.hub.publish("chat.private", [](std::uint64_t sequence) { return "number " + std::to_string(sequence); });
    script.settle();
    CHECK(texts(ann) == Lines{"number 1", "number 2"});
    CHECK(texts(bob).empty());
}

TEST_CASE("observers of a linked hub that is destroyed may still publish and send") {
    kb::backplane::Shards shards;
    kb::backplane::Shards::Link other{shards, [] {}};
    ScriptedTransport transport;
    Meddler<kb::event::Closed> meddler;
    {
        kb::Hub hub{transport, kb::Seed{1}, shards, meddler};
        for (int i = 0; i < 3; ++i) transport.open();
        meddler.act = [&](const auto&) {
            CHECK_FALSE(hub.publish("news", "one has left"));
            for (const Connection& connection : transport.connections) hub.send(connection.id, "another has left");
        };
    }
    Lines published;
    other.take([&](const kb::Publication& publication) { published.emplace_back(publication.message.text()); });
    CHECK(published == Lines{"one has left", "one has left", "one has left"});
    for (const Connection& connection : transport.connections) CHECK_FALSE(connection.misused);
}

namespace {

/// Asks somebody who takes his time.
struct Asking {
    using slot = kb::slot::authenticator;

    kb::AuthenticationDone done{};
    std::function<void()> on_cancel{};

    kb::CancelAuthentication async_authenticate(const kb::HttpRequest&, kb::AuthenticationDone answer) { return ask(std::move(answer)); }
    kb::CancelAuthentication async_refresh(std::string_view, kb::AuthenticationDone answer) { return ask(std::move(answer)); }
    std::string account(const kb::HttpRequest&) const { return {}; }
    void redact(kb::UpgradeRequest&) const {}

private:
    kb::CancelAuthentication ask(kb::AuthenticationDone answer) {
        done = std::move(answer);
        return [this] {
            if (on_cancel) on_cancel();
        };
    }
};

static_assert(kb::AsyncAuthenticator<Asking>);

const auto ann = [] { return kb::Authentication::accept({.subject = "ann"}); };

}  // namespace

TEST_CASE("what cancels the question of a session that has gone finds the hub without that session") {
    Asking asking;
    Script<Asking&> script{asking};
    auto& connection = script.transport.accept();
    script.transport.events->on_upgrade(connection.id, {});
    asking.done(ann());
    script.run_tasks();
    script.transport.events->on_opened(connection.id);
    script.hub.find(connection.id)->refresh("token", [](std::error_code) {});
    kb::HubStats seen;
    asking.on_cancel = [&] {
        script.hub.close(connection.id);
        CHECK(script.hub.find(connection.id) == nullptr);
        seen = script.hub.stats();
    };
    script.transport.close(connection);
    CHECK(seen.closed == 1);
    CHECK(seen.sessions == 0);
    CHECK(script.hub.stats().open_sessions == 0);
    CHECK(script.hub.stats().closing_sessions == 0);
    for (int i = 0; i < 100; ++i) {
        script.clock.advance(100ms);
        script.transport.events->on_tick();
    }
}

TEST_CASE("what was posted to a hub that goes while another thread answers for it is not done") {
    // Copied when the answer is on its way.
    struct Copied {
        explicit Copied(std::function<void()>& t) : then{t} {}
        Copied(const Copied& from) : then{from.then} {
            if (then) std::exchange(then, nullptr)();
        }
        void operator()(std::error_code) const {}
        std::function<void()>& then;
    };
    Asking asking;
    ScriptedTransport transport;
    auto hub = std::make_unique<kb::Hub<ScriptedTransport, kb::Seed, Asking&>>(transport, kb::Seed{1}, asking);
    std::function<void()> meanwhile;
    auto& connection = transport.accept();
    transport.events->on_upgrade(connection.id, {});
    asking.done(ann());
    for (const auto& task : std::exchange(transport.tasks, {})) task();
    transport.events->on_opened(connection.id);
    hub->find(connection.id)->refresh("token", Copied{meanwhile});

    transport.elsewhere = true;
    hub->publish("news", "too late");
    meanwhile = [&] {
        hub.reset();
        for (const auto& task : std::exchange(transport.tasks, {})) task();
    };
    asking.done(ann());
    CHECK(hub == nullptr);
    CHECK(transport.tasks.empty());
}
