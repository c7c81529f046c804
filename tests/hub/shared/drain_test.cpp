// How a hub goes down.

#include "hub/rig.hpp"

#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using kb::event::Drained;
using kb::event::Draining;

TEST_CASE("a drain tells every client when to come back, delivers what was queued, and ends with Drained") {
    World world;
    Rig rig{world};
    std::vector<Client*> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(&rig.subscriber("news"));
    rig.hub.publish("news", "last words");
    rig.hub.drain({.deadline = 5s, .reconnects_per_second = 10});
    rig.hub.publish("news", "nobody hears this");
    CHECK(rig.hub.stats().draining);
    CHECK(rig.hub.stats().open_sessions == 0);

    REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));
    CHECK(rig.hub.stats().sessions == 0);
    CHECK(rig.journal.template of<Drained>()[0].forced == 0);
    int early = 0;
    for (Client* client : clients) {
        REQUIRE(rig.until([&] { return client->has_ended(); }));
        REQUIRE(client->received().size() == 1);
        CHECK(client->received()[0].payload == "last words");
        CHECK(client->close_code() == kb::CloseCode::server_drain);
        const std::string expected = "server_drain after_ms=";
        REQUIRE(client->close_reason().starts_with(expected));
        // 20 clients at 10 a second: spread over two seconds.
        const int delay = std::stoi(client->close_reason().substr(expected.size()));
        CHECK(delay <= 2000);
        early += delay < 1000 ? 1 : 0;
        const auto closed = rig.closed(*client);
        CHECK(closed.cause == kb::Cause::server_drain);
        CHECK_FALSE(closed.forced);
        CHECK(closed.queued_bytes == 0);
    }
    CHECK(early > 3);
    CHECK(early < 17);
    const auto draining = rig.journal.template of<Draining>();
    REQUIRE(draining.size() == 1);
    CHECK(draining[0].sessions == 20);
    CHECK(draining[0].deadline == 5s);
}

TEST_CASE("a draining hub takes no new connections") {
    World world;
    Rig rig{world};
    auto& stubborn = rig.open({.answers_close = false});
    rig.hub.drain({.deadline = 1s});
    auto& late = world.connect();

    REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));
    CHECK(rig.until([&] { return late.has_ended(); }));
    CHECK(late.upgrade_status() == 0);
    CHECK_FALSE(rig.id(late));
    CHECK(rig.closed(stubborn).forced);
    CHECK(rig.hub.stats().accepted == 1);
}

TEST_CASE("who does not answer is cut at the drain's deadline, and Drained says how many that were") {
    World world;
    Rig rig{world};
    for (int i = 0; i < 3; ++i) rig.open({.answers_close = false});
    for (int i = 0; i < 2; ++i) rig.open();
    rig.hub.drain({.deadline = 500ms});

    REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));
    CHECK(rig.journal.template of<Drained>()[0].forced == 3);
    CHECK(rig.hub.stats().sessions == 0);
}

TEST_CASE("a drain of nobody ends at once, and a second drain changes nothing") {
    World world;
    Rig rig{world};
    rig.hub.drain({.deadline = 1s});
    REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));
    rig.hub.drain({.deadline = 500ms});
    world.run_for(200ms);
    CHECK(rig.journal.template count<Draining>() == 1);
    CHECK(rig.journal.template count<Drained>() == 1);
}

TEST_CASE("connections without an upgrade do not outlive a drain") {
    World world;
    Rig rig{world};
    auto& silent = world.connect({.handshake = kb::testing::Handshake::silent});
    REQUIRE(rig.until([&] { return rig.hub.stats().sessions == 1; }));
    rig.hub.drain({.deadline = 300ms});

    REQUIRE(rig.until([&] { return rig.journal.template count<Drained>() == 1; }));
    const auto closed = rig.closed(silent);
    CHECK(closed.cause == kb::Cause::server_drain);
    CHECK(closed.phase == kb::Phase::handshake);
    CHECK(closed.lived < 10s);
}

TEST_CASE("a drain that makes no sense is refused with the option's name, and nothing is drained") {
    World world;
    Rig rig{world};
    auto& client = rig.open();
    const auto option_of = [&](kb::DrainPlan plan) {
        try {
            rig.hub.drain(plan);
        } catch (const kb::InvalidOption& error) {
            return error.option();
        }
        return std::string{"accepted"};
    };
    CHECK(option_of({.deadline = 99ms}) == "DrainPlan.deadline");
    CHECK(option_of({.deadline = 61min}) == "DrainPlan.deadline");
    CHECK(option_of({.reconnects_per_second = 0}) == "DrainPlan.reconnects_per_second");
    CHECK(option_of({.reconnects_per_second = -1}) == "DrainPlan.reconnects_per_second");
    CHECK(option_of({.reconnects_per_second = 2e9}) == "DrainPlan.reconnects_per_second");
    CHECK_FALSE(rig.hub.stats().draining);
    CHECK(rig.texts(client).empty());
}
