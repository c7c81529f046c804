// What goes in comes out.

#include "hub/rig.hpp"

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("text and binary messages of any length are echoed unchanged") {
    World world;
    Rig rig{world};
    rig.hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    auto& client = rig.open();

    // Around every border of the three length forms (RFC 6455 §5.2).
    for (const std::size_t size : {0, 1, 125, 126, 65'535, 65'536, 200'000}) {
        CAPTURE(size);
        std::string text(size, 'x'), bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7);
        client.send_text(text);
        client.send_binary(bytes);
        REQUIRE(rig.until([&] { return client.received().size() == 2; }));
        const auto echoed = client.take_messages();
        CHECK(echoed[0].opcode == kb::Opcode::text);
        CHECK((echoed[0].payload == text));
        CHECK(echoed[1].opcode == kb::Opcode::binary);
        CHECK((echoed[1].payload == bytes));
    }
}

TEST_CASE("a fragmented message arrives whole, and control frames between its fragments do not disturb it") {
    World world;
    Rig rig{world};
    rig.hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    auto& client = rig.open();

    client.send_fragment(kb::Opcode::text, "one ", false);
    client.ping("are you there?");
    client.send_fragment(kb::Opcode::continuation, "message", true);

    REQUIRE(rig.until([&] { return client.received().size() == 1; }));
    CHECK(client.received()[0].payload == "one message");
    CHECK(client.last_pong() == "are you there?");
    CHECK(rig.hub.stats().messages_in == 1);
}

TEST_CASE("a session knows its id, its remote address, its path and its subprotocol") {
    World world;
    Rig rig{world};
    rig.hub.on_upgrade([](const kb::UpgradeRequest& request) {
        CHECK(request.method == "GET");
        CHECK(request.target == "/events?since=4");
        CHECK(request.header("x-tenant") == "blue");
        return kb::UpgradeResponse::accept(request.subprotocols.at(1));
    });
    kb::SessionId opened;
    rig.hub.on_open([&](kb::Session& session) {
        opened = session.id();
        CHECK(session.path() == "/events");
        CHECK(session.subprotocol() == "v2");
    });
    auto& client = rig.open({.target = "/events?since=4", .subprotocols = {"v1", "v2"}, .headers = {{"X-Tenant", "blue"}}});

    CHECK(opened == rig.id(client));
    CHECK(rig.session(client).remote() == client.remote());
    const auto events = rig.journal.template of<kb::event::Opened>();
    REQUIRE(events.size() == 1);
    CHECK(events[0].path == "/events");
    CHECK(events[0].subprotocol == "v2");
    CHECK(events[0].remote == client.remote());
}
