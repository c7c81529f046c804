// Observers run inside the hub's own doings. They may throw, and ask anything of the hub, from within any event.

#include "hub/meddler.hpp"
#include "hub/rig.hpp"

#include <kingbolt/policy/on.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using Texts = std::vector<std::string>;

TEST_CASE("what an observer throws stays with it: the next observer hears the event, and the session lives") {
    int heard = 0;
    World world;
    Rig rig{world, kb::On{[](const auto&) { throw std::runtime_error{"an observer fails"}; }},
            kb::On{[&](const kb::event::Opened&) { ++heard; }}};
    rig.hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    auto& client = rig.open();
    client.send_text("hello");
    CHECK(rig.until([&] { return client.received().size() == 1; }));
    CHECK(heard == 1);
    CHECK(rig.hub.stats().handler_errors == 0);
}

TEST_CASE("an observer may close a session from within Accepted: it never opens") {
    Meddler<kb::event::Accepted> meddler;
    World world;
    Rig rig{world, meddler};
    bool opened = false;
    rig.hub.on_open([&](kb::Session&) { opened = true; });
    meddler.act = [&](const auto& e) { rig.hub.close(e.session); };
    auto& client = world.connect();

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::application_close);
    CHECK(closed.phase == kb::Phase::handshake);
    CHECK_FALSE(closed.forced);
    CHECK(rig.until([&] { return client.has_ended(); }));
    CHECK(client.upgrade_status() == 0);
    CHECK_FALSE(opened);
}

TEST_CASE("an observer may close a session from within Opened: on_open does not see it") {
    Meddler<kb::event::Opened> meddler;
    World world;
    Rig rig{world, meddler};
    bool opened = false;
    rig.hub.on_open([&](kb::Session&) { opened = true; });
    meddler.act = [&](const auto& e) { rig.hub.close(e.session, kb::CloseCode::do_not_come_back, "not you"); };
    auto& client = world.connect();

    CHECK(rig.closed(client).cause == kb::Cause::application_close);
    CHECK(rig.until([&] { return client.close_code() == kb::CloseCode::do_not_come_back; }));
    CHECK(client.close_reason() == "not you");
    CHECK_FALSE(opened);
}

TEST_CASE("an observer may close a session from within MessageReceived: on_message does not see the message") {
    Meddler<kb::event::MessageReceived> meddler;
    World world;
    Rig rig{world, meddler};
    bool reached = false;
    rig.hub.on_message([&](kb::Session&, kb::Message) { reached = true; });
    meddler.act = [&](const auto& e) { rig.hub.close(e.session); };
    auto& client = rig.open();
    client.send_text("x");

    CHECK(rig.closed(client).cause == kb::Cause::application_close);
    CHECK_FALSE(reached);
}

TEST_CASE("an observer may publish from within Closed: everybody else hears who left, and it is told of the end once") {
    Meddler<kb::event::Closed> meddler;
    World world;
    Rig rig{world, meddler};
    auto& stayer = rig.subscriber("presence");
    auto& leaver = rig.subscriber("presence");
    meddler.act = [&](const auto& e) {
        CHECK(rig.hub.find(e.session) == nullptr);
        rig.hub.send(e.session, "to nobody");
        rig.hub.close(e.session);
        rig.hub.publish("presence", "left: " + e.remote);
    };
    leaver.close();

    REQUIRE(rig.until([&] { return stayer.received().size() == 1; }));
    CHECK(stayer.received()[0].payload == "left: " + leaver.remote());
    meddler.act = nullptr;
}

TEST_CASE("an observer may publish and close others from within Closing") {
    Meddler<kb::event::Closing> meddler;
    World world;
    Rig rig{world, meddler};
    auto& first = rig.subscriber("presence");
    auto& second = rig.subscriber("presence");
    auto& watcher = rig.subscriber("presence");
    meddler.act = [&](const auto& e) {
        rig.hub.publish("presence", "leaving");
        if (e.session == rig.id(first)) rig.hub.close(rig.id(second));
    };
    rig.session(first).close();

    // What is said after the decision does not reach whom it concerns.
    CHECK(rig.texts(watcher) == Texts{"leaving", "leaving"});
    CHECK(rig.closed(first).messages_out == 0);
    CHECK(rig.closed(second).messages_out == 1);
}

TEST_CASE("an observer may subscribe a session from within Opened and Subscribed") {
    Meddler<kb::event::Opened> greeter;
    Meddler<kb::event::Subscribed> chain;
    World world;
    Rig rig{world, greeter, chain};
    greeter.act = [&](const auto& e) { CHECK_FALSE(rig.hub.find(e.session)->subscribe("a")); };
    chain.act = [&](const auto& e) {
        if (e.topic == "a") CHECK_FALSE(rig.hub.find(e.session)->subscribe("b"));
        if (e.topic == "b") rig.hub.find(e.session)->unsubscribe("a");
    };
    auto& client = rig.open();
    rig.hub.publish("a", "gone");
    rig.hub.publish("b", "there");
    CHECK(rig.texts(client) == Texts{"there"});
}

TEST_CASE("an observer may drain the hub from within Opened") {
    Meddler<kb::event::Opened> meddler;
    World world;
    Rig rig{world, meddler};
    meddler.act = [&](const auto&) { rig.hub.drain({.deadline = 1s}); };
    auto& client = world.connect();

    CHECK(rig.closed(client).cause == kb::Cause::server_drain);
    CHECK(rig.until([&] { return rig.journal.template count<kb::event::Drained>() == 1; }));
}
