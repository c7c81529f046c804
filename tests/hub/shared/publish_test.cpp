// Who hears what, in which order.

#include "hub/rig.hpp"

#include <kingbolt/core/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using Texts = std::vector<std::string>;

TEST_CASE("a publication reaches exactly the subscribers of its topic, in order") {
    World world;
    Rig rig{world};
    auto& first = rig.subscriber("lobby");
    auto& second = rig.subscriber("lobby");
    auto& elsewhere = rig.subscriber("kitchen");
    auto& nowhere = rig.open();

    for (const char* text : {"one", "two", "three"}) CHECK_FALSE(rig.hub.publish("lobby", text));
    rig.hub.publish("kitchen", "soup");
    rig.hub.publish("cellar", "nobody is here");

    CHECK(rig.texts(first) == Texts{"one", "two", "three"});
    CHECK(rig.texts(second) == Texts{"one", "two", "three"});
    CHECK(rig.texts(elsewhere) == Texts{"soup"});
    CHECK(rig.texts(nowhere) == Texts{});
    CHECK(rig.hub.stats().published == 5);
}

TEST_CASE("a publisher that subscribes in its own callback hears itself") {
    World world;
    Rig rig{world};
    rig.hub.on_message([&](kb::Session& from, kb::Message message) {
        from.subscribe("lobby");
        rig.hub.publish("lobby", message);
    });
    auto& client = rig.open();
    client.send_text("hello");
    client.send_binary(std::string_view{"\0\1", 2});

    REQUIRE(rig.until([&] { return client.received().size() == 2; }));
    CHECK(client.received()[0].payload == "hello");
    CHECK(client.received()[0].opcode == kb::Opcode::text);
    CHECK((client.received()[1].payload == std::string{"\0\1", 2}));
    CHECK(client.received()[1].opcode == kb::Opcode::binary);
}

TEST_CASE("a wildcard hears every topic below it, at any depth, and nothing else") {
    World world;
    Rig rig{world};
    auto& agents = rig.subscriber("agents.*");
    auto& blue = rig.subscriber("agents.blue.*");
    auto& all = rig.subscriber("*");

    for (const char* topic : {"agents", "agents.1", "agents.blue.1", "agentsX", "agents.blue", "doors.1"}) rig.hub.publish(topic, topic);

    CHECK(rig.texts(agents) == Texts{"agents.1", "agents.blue.1", "agents.blue"});
    CHECK(rig.texts(blue) == Texts{"agents.blue.1"});
    CHECK(rig.texts(all) == Texts{"agents", "agents.1", "agents.blue.1", "agentsX", "agents.blue", "doors.1"});
}

TEST_CASE("who listens to a topic and to patterns above it hears each message once") {
    World world;
    Rig rig{world};
    auto& client = rig.subscriber("agents.1");
    for (const char* pattern : {"agents.*", "*", "agents.1"}) CHECK_FALSE(rig.session(client).subscribe(pattern));
    CHECK(rig.hub.stats().subscriptions == 3);

    rig.hub.publish("agents.1", "once");
    CHECK(rig.texts(client) == Texts{"once"});

    rig.session(client).unsubscribe("agents.1");
    rig.session(client).unsubscribe("agents.*");
    rig.hub.publish("agents.1", "still through *");
    CHECK(rig.texts(client) == Texts{"still through *"});

    rig.session(client).unsubscribe("*");
    rig.session(client).unsubscribe("never subscribed");
    rig.hub.publish("agents.1", "no more");
    CHECK(rig.texts(client) == Texts{});
    CHECK(rig.hub.stats().subscriptions == 0);
}

TEST_CASE("each topic counts its own messages from 1, whether anybody listens or not") {
    World world;
    Rig rig{world};
    const auto numbered = [](const char* name) { return [name](std::uint64_t sequence) { return name + std::to_string(sequence); }; };
    CHECK_FALSE(rig.hub.publish("a", numbered("a")));
    auto& client = rig.subscriber("*");
    CHECK_FALSE(rig.hub.publish("a", numbered("a")));
    CHECK_FALSE(rig.hub.publish("b", numbered("b")));
    CHECK_FALSE(rig.hub.publish("a", "takes number 3"));
    CHECK_FALSE(rig.hub.publish("a", numbered("a")));

    CHECK(rig.texts(client) == Texts{"a2", "b1", "takes number 3", "a4"});
}

TEST_CASE("what is no topic is refused, and nobody hears of it") {
    World world;
    Rig rig{world};
    auto& client = rig.subscriber("*");
    const std::string too_long(256, 'x'), longest(255, 'x');

    for (const std::string& topic : {std::string{}, std::string{"a.*"}, std::string{"*"}, std::string{"a\nb"}, too_long}) {
        CAPTURE(topic);
        CHECK(rig.hub.publish(topic, "lost") == kb::Errc::bad_topic);
        CHECK(rig.hub.publish(topic, [](std::uint64_t) { return std::string{"lost"}; }) == kb::Errc::bad_topic);
        if (topic == "a.*" || topic == "*") continue;
        CHECK(rig.session(client).subscribe(topic) == kb::Errc::bad_topic);
        CHECK_THROWS_AS(rig.hub.configure_topic(topic, {}), kb::InvalidOption);
    }
    CHECK(rig.session(client).subscribe("a*") == kb::Errc::bad_topic);
    CHECK(rig.session(client).subscribe("*.a") == kb::Errc::bad_topic);
    CHECK_FALSE(rig.hub.publish(longest, "heard"));
    CHECK(rig.texts(client) == Texts{"heard"});
    CHECK(rig.hub.stats().published == 1);
}

TEST_CASE("a topic is forgotten only while nobody subscribes to it, and then counts from 1 again") {
    World world;
    Rig rig{world};
    auto& client = rig.subscriber("news");
    const auto number = [](std::uint64_t sequence) { return std::to_string(sequence); };
    rig.hub.publish("news", number);
    rig.hub.publish("news", number);
    CHECK_FALSE(rig.hub.forget_topic("news"));
    rig.session(client).unsubscribe("news");
    CHECK(rig.hub.stats().topics == 1);
    CHECK(rig.hub.forget_topic("news"));
    CHECK_FALSE(rig.hub.forget_topic("news"));
    CHECK(rig.hub.stats().topics == 0);

    REQUIRE_FALSE(rig.session(client).subscribe("news"));
    rig.hub.publish("news", number);
    CHECK(rig.texts(client) == Texts{"1", "2", "1"});
}

TEST_CASE("a subscription ends with its session") {
    World world;
    Rig rig{world};
    auto& leaver = rig.subscriber("lobby");
    auto& stayer = rig.subscriber("lobby");
    leaver.close();
    rig.closed(leaver);
    CHECK(rig.hub.stats().subscriptions == 1);

    // Whoever takes over its place in the tables starts with none.
    auto& newcomer = rig.open();
    CHECK(rig.id(newcomer).index == rig.id(leaver).index);
    rig.hub.publish("lobby", "who is here?");
    CHECK(rig.texts(newcomer) == Texts{});
    CHECK(rig.texts(stayer) == Texts{"who is here?"});
}

TEST_CASE("a message to one session reaches that one, and nobody once it has gone") {
    World world;
    Rig rig{world};
    auto& one = rig.open();
    auto& other = rig.open();
    const kb::SessionId old = rig.id(other);
    rig.hub.send(rig.id(one), "for you");
    CHECK(rig.texts(one) == Texts{"for you"});

    other.close();
    rig.closed(other);
    auto& heir = rig.open();
    CHECK(rig.id(heir).index == old.index);
    CHECK(rig.id(heir).generation > old.generation);
    rig.hub.send(old, "too late");
    rig.hub.close(old);
    CHECK(rig.hub.find(old) == nullptr);
    CHECK(rig.texts(heir) == Texts{});
    CHECK(heir.is_open());
}

TEST_CASE("sends, publications and a close keep the order in which they were made, whoever else is sent to in between") {
    World world;
    Rig rig{world};
    auto& first = rig.subscriber("lobby");
    auto& second = rig.subscriber("lobby");
    rig.hub.on_message([&](kb::Session& from, kb::Message) {
        from.send("a1");
        from.send("a2");
        rig.session(second).send("b1");
        from.send("a3");
        rig.hub.publish("lobby", "p1");
        from.send("a4");
        rig.hub.publish("lobby", "p2");
        from.send(std::string(5000, 'l'));
        from.send("a5");
        rig.session(second).send("b2");
        from.close(kb::CloseCode::come_back, "bye");
    });
    first.send_text("go");
    REQUIRE(rig.until([&] { return first.has_ended() || second.received().size() == 4; }));
    CHECK(rig.closed(first).messages_out == 8);
    const auto payloads = [](Client& client) {
        Texts all;
        for (auto& message : client.take_messages()) all.push_back(message.payload.size() > 100 ? "large" : message.payload);
        return all;
    };
    CHECK(payloads(first) == Texts{"a1", "a2", "a3", "p1", "a4", "p2", "large", "a5"});
    CHECK(rig.until([&] { return second.received().size() == 4; }));
    CHECK(payloads(second) == Texts{"b1", "p1", "p2", "b2"});
}

TEST_CASE("many small sends in one turn keep the bounds of the outbox, message by message") {
    World world;
    Rig rig{world, kb::Outbox{.max_bytes = 64_KiB, .max_messages = 10, .when_full = kb::WhenFull::drop_newest}};
    auto& client = rig.open();
    std::vector<bool> refused;
    rig.hub.on_message([&](kb::Session& from, kb::Message) {
        for (int i = 0; i < 13; ++i) refused.push_back(from.send(std::to_string(i)) == kb::Errc::queue_full);
    });
    client.send_text("go");
    REQUIRE(rig.until([&] { return client.received().size() == 10; }));
    CHECK(refused == std::vector<bool>{false, false, false, false, false, false, false, false, false, false, true, true, true});
    CHECK(rig.hub.stats().messages_dropped == 3);
    CHECK(rig.hub.stats().messages_out == 10);
}
