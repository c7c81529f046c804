// Hubs that come and go, ids, and other threads.

#include "hub/rig.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("destroying a hub with live sessions emits Closed for each, and its clients are cut") {
    World world;
    Ledger ledger;
    std::vector<kb::event::Closed> ends;
    using TheHub = kb::Hub<Transport, kb::held_t<decltype(world.clock())>, Ledger&, kb::On<std::function<void(const kb::event::Closed&)>>>;
    std::optional<TheHub> hub;
    TheHub* going = nullptr;  // an optional that is being reset no longer lends what it holds
    hub.emplace(world.transport(), world.clock(), ledger, kb::On{std::function{[&](const kb::event::Closed& e) {
                    ends.push_back(e);
                    // Everything may be asked of a hub that is going, and nothing comes of it.
                    for (const kb::SessionId other : ledger.living()) {
                        going->send(other, "x");
                        if (kb::Session* session = going->find(other)) session->subscribe("x");
                        going->close(other);
                    }
                    going->publish("x", "x");
                }}});
    going = &*hub;
    auto& open = world.connect();
    auto& also_open = world.connect();
    auto& silent = world.connect({.handshake = kb::testing::Handshake::silent});
    REQUIRE(world.until([&] { return hub->stats().sessions == 3 && hub->stats().open_sessions == 2; }));
    hub.reset();

    CHECK(ends.size() == 3);
    for (const auto& end : ends) CHECK(end.ended_by == kb::EndedBy::server);
    CHECK(ledger.living().empty());
    CHECK(ledger.faults() == std::vector<std::string>{});
    CHECK(world.until([&] { return open.has_ended() && also_open.has_ended() && silent.has_ended(); }));
    world.check_nothing_left();
}

TEST_CASE("no session id is ever given twice") {
    World world;
    Rig rig{world};
    std::set<kb::SessionId> ids;
    for (int round = 0; round < 5; ++round) {
        std::vector<Client*> clients;
        for (int i = 0; i < 4; ++i) {
            clients.push_back(&rig.open());
            CHECK(ids.insert(rig.id(*clients.back())).second);
        }
        for (Client* client : clients) client->drop();
        for (Client* client : clients) rig.closed(*client);
    }
    CHECK(ids.size() == 20);
    // Their places are used again.
    CHECK(ids.rbegin()->index == 3);
}

TEST_CASE("other threads may publish, send, close, ask for the stats and drain") {
    World world;
    Rig rig{world};
    auto& one = rig.subscriber("news");
    auto& two = rig.subscriber("news");
    const auto first = rig.id(one), second = rig.id(two);

    world.elsewhere([&] {
        CHECK_FALSE(rig.hub.publish("news", "one"));
        CHECK_FALSE(rig.hub.publish("news", [](std::uint64_t sequence) { return "number " + std::to_string(sequence); }));
        CHECK(rig.hub.publish("", "nothing") == kb::Errc::bad_topic);
        rig.hub.send(first, "for you");
        rig.hub.close(second, kb::CloseCode::do_not_come_back, "bye");
        rig.hub.publish("news", "three");
        CHECK(rig.hub.stats().accepted == 2);
    });

    REQUIRE(rig.until([&] { return one.received().size() == 4 && two.close_code().has_value(); }));
    const auto texts = rig.texts(one);
    CHECK(texts == std::vector<std::string>{"one", "number 2", "for you", "three"});
    CHECK(two.received().size() == 2);
    CHECK(two.close_code() == kb::CloseCode::do_not_come_back);

    world.elsewhere([&] { rig.hub.drain({.deadline = 2s}); });
    CHECK(rig.until([&] { return rig.journal.template count<kb::event::Drained>() == 1; }));
    CHECK(one.close_code() == kb::CloseCode::server_drain);
}

TEST_CASE("what another thread had asked of a hub that has gone meanwhile is forgotten") {
    World world;
    std::optional<kb::Hub<Transport, kb::held_t<decltype(world.clock())>>> hub;
    hub.emplace(world.transport(), world.clock());
    auto& client = world.connect();
    REQUIRE(world.until([&] { return hub->stats().open_sessions == 1; }));
    world.elsewhere([&] {
        hub->publish("somebody", "x");
        hub->drain();
    });
    hub.reset();
    CHECK(world.until([&] { return client.has_ended(); }));
    world.check_nothing_left();
}
