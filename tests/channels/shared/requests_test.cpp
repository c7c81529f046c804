// What clients ask of channels, and what they are answered.

#include "channels/channel_rig.hpp"

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("the protocol's name is selected when it is offered, and needed by nobody") {
    World world;
    ChannelRig<> rig{world};
    auto& named = rig.open();
    CHECK(rig.rig.session(named).subprotocol() == "kingbolt.v1.json");
    auto& plain = rig.rig.open();
    CHECK(rig.rig.session(plain).subprotocol().empty());
    CHECK(rig.ask(plain, R"({"type":"ping","id":1})") == Texts{R"({"type":"reply","id":1,"now":1764158400000})"});
    auto& other = rig.rig.open({.subprotocols = {"bearer.secret"}});
    CHECK(rig.rig.session(other).subprotocol().empty());
}

TEST_CASE("hello is answered with the session, the server's time, and what became of each subscription") {
    World world;
    ChannelRig<> rig{world, {.ping_interval = 20s}};
    auto& client = rig.open();
    const auto answers =
        rig.ask(client, R"({"type":"hello","subs":[{"topic":"a"},{"topic":"b.*"},{"topic":"*.c"},{"topic":"d","presence":true}]})");
    CHECK(answers ==
          Texts{R"({"type":"welcome","session":")" + kb::session_name(rig.rig.id(client)) +
                R"(","now":1764158400000,"ping_ms":20000,"subs":[{"topic":"a","epoch":"k","seq":0},)"
                R"({"topic":"b.*","epoch":"k","positions":[]},{"topic":"*.c","error":"bad_topic"},{"topic":"d","error":"no_presence"}]})"});
    rig.publish("a", 1);
    rig.publish("b.x", 2);
    CHECK(rig.rig.texts(client) == Texts{event("a", 1, 1), event("b.x", 1, 2)});
}

TEST_CASE("a hello that names one pattern a thousand times costs what one does") {
    World world;
    ChannelRig<> rig{world};
    for (int i = 0; i < 20; ++i) rig.publish("agents." + std::to_string(i), 1);
    std::string hello = R"({"type":"hello","subs":[{"topic":"*"})";
    for (int i = 1; i < 1'000; ++i) hello += R"(,{"topic":"*"})";
    auto& client = rig.open();
    const auto answers = rig.ask(client, hello + "]}");
    REQUIRE(answers.size() == 1);
    const std::string again = R"(,{"topic":"*","error":"bad_topic"})";
    const auto first = answers[0].find(again);
    CHECK(answers[0].find(R"("positions")") < first);
    CHECK(answers[0].size() == first + 999 * again.size() + 2);
    rig.publish("agents.7", 2);
    CHECK(rig.rig.texts(client) == Texts{event("agents.7", 2, 2)});
}

TEST_CASE("a subscription whose result does not fit into the outbox is refused") {
    World world;
    ChannelRig<kb::Outbox> rig{world, {}, kb::Outbox{.max_bytes = 4'096}};
    for (int i = 0; i < 200; ++i) rig.publish("agents." + std::to_string(i), 1);
    const std::string refused = R"("code":"queue_full","message":"cannot subscribe to it","retry":true)";
    auto& client = rig.open();
    CHECK(rig.ask(client, R"({"type":"hello","subs":[{"topic":"agents.7"},{"topic":"agents.*","epoch":"k","positions":[]}]})") ==
          Texts{R"({"type":"welcome","session":")" + kb::session_name(rig.rig.id(client)) +
                R"(","now":1764158400000,"ping_ms":30000,"subs":[{"topic":"agents.7","epoch":"k","seq":1},)"
                R"({"topic":"agents.*","error":"queue_full"}]})"});
    rig.publish("agents.7", 2);
    rig.publish("agents.8", 2);
    CHECK(rig.rig.texts(client) == Texts{event("agents.7", 2, 2)});
    // Had it been subscribed to it before, that would have ended.
    CHECK(rig.ask(client, R"({"type":"subscribe","id":3,"topic":"*"})") ==
          Texts{R"({"type":"error","id":3,)" + refused + "}", R"({"type":"error",)" + refused + R"(,"topic":"*"})"});
    rig.publish("agents.8", 3);
    CHECK(rig.rig.texts(client).empty());
}

TEST_CASE("one frame serves all, with the publisher's bytes in it") {
    World world;
    ChannelRig<> rig{world};
    auto& first = rig.subscriber("a");
    auto& second = rig.subscriber("*");
    const std::string data = R"({ "as" : "it \u0001 came" , "x":1e3 })";
    rig.channels.publish("a", "said \"x\"", data);
    const std::string expected =
        R"({"type":"event","topic":"a","event":"said \"x\"","epoch":"k","seq":1,"ts":1764158400000,"data":)" + data + "}";
    CHECK(rig.rig.texts(first) == Texts{expected});
    CHECK(rig.rig.texts(second) == Texts{expected});
    CHECK(rig.channels.publish("a.*", "n", "1") == kb::Errc::bad_topic);
}

TEST_CASE("what other threads publish comes in their order") {
    World world;
    ChannelRig<> rig{world};
    auto& client = rig.subscriber("a");
    world.elsewhere([&] {
        for (int i = 1; i <= 3; ++i) rig.channels.publish("a", "n", std::to_string(i));
    });
    REQUIRE(rig.rig.until([&] { return client.received().size() == 3; }));
    CHECK(rig.rig.texts(client) == Texts{event("a", 1, 1), event("a", 2, 2), event("a", 3, 3)});
}

TEST_CASE("who unsubscribes hears nothing more, and is told so") {
    World world;
    ChannelRig<> rig{world};
    auto& client = rig.subscriber("a");
    CHECK(rig.ask(client, R"({"type":"unsubscribe","id":9,"topic":"a"})") == Texts{R"({"type":"reply","id":9})"});
    rig.publish("a", 1);
    CHECK(rig.rig.texts(client).empty());
}

TEST_CASE("clients publish where that is allowed, and are told the number") {
    World world;
    ChannelRig<> rig{world};
    rig.channels.configure("chat.*", {.client_publish = true});
    rig.channels.configure("chat.news", {});
    auto& listener = rig.subscriber("chat.*");
    auto& client = rig.open();
    CHECK(rig.ask(client, R"({"type":"publish","id":1,"topic":"chat.a","event":"n","data":  [1, {"b":2}] })") ==
          Texts{R"({"type":"reply","id":1,"epoch":"k","seq":1})"});
    CHECK(rig.ask(client, R"({"data":"first","topic":"chat.a","type":"publish"})").empty());
    for (const char* topic : {"chat.news", "agents.1"})
        CHECK(rig.ask(client, R"({"type":"publish","id":2,"topic":")" + std::string{topic} + R"(","data":1})") ==
              Texts{R"({"type":"error","id":2,"code":"not_permitted","message":"not permitted","retry":false})"});
    CHECK(rig.rig.texts(listener) ==
          Texts{R"({"type":"event","topic":"chat.a","event":"n","epoch":"k","seq":1,"ts":1764158400000,"data":[1, {"b":2}]})",
                R"({"type":"event","topic":"chat.a","event":"message","epoch":"k","seq":2,"ts":1764158400000,"data":"first"})"});
}

TEST_CASE("what is no such message is answered with what is wrong, and ends nothing") {
    World world;
    ChannelRig<> rig{world};
    auto& client = rig.open();
    const auto said = [&](std::string_view text) {
        const auto answers = rig.ask(client, text);
        REQUIRE(answers.size() == 1);
        return answers[0];
    };
    const auto bad = [](const std::string& id, const std::string& why) {
        return R"({"type":"error",)" + id + R"("code":"bad_message","message":")" + why + R"(","retry":false})";
    };
    const std::string wrong = R"( is missing, of the wrong type or out of its range)";
    CHECK(said("[]") == bad("", "a message is a JSON object"));
    CHECK(said("7") == bad("", "a message is a JSON object"));
    CHECK(said("{}") == bad("", R"( needs \"type\")"));
    CHECK(said(R"({"type":"subscribe"})") == bad("", R"(subscribe needs \"topic\")"));
    CHECK(said(R"({"type":"subscribe","topic":[1],"id":3})") == bad(R"("id":3,)", R"(\"topic\")" + wrong));
    CHECK(said(R"({"type":"subscribe","topic":null,"id":3})") == bad(R"("id":3,)", R"(\"topic\")" + wrong));
    CHECK(said(R"({"type":"subscribe","topic":"\udc00","id":3})") == bad(R"("id":3,)", R"(\"topic\")" + wrong));
    CHECK(said(R"({"type":"publish","topic":"a","id":4})") == bad(R"("id":4,)", R"(publish needs \"data\")"));
    CHECK(said(R"({"type":"call","method":"a"})") == bad("", R"(call needs \"id\")"));
    CHECK(said(R"({"type":"call","id":-1,"method":"a"})") == bad("", R"(\"id\")" + wrong));
    CHECK(said(R"({"type":"call","id":9007199254740992,"method":"a"})") == bad("", R"(\"id\")" + wrong));
    CHECK(said(R"({"type":"call","id":1,"method":"a","deadline_ms":0})") == bad(R"("id":1,)", R"(\"deadline_ms\")" + wrong));
    CHECK(said(R"({"type":"hello","subs":[{"epoch":"k"}]})") == bad("", R"(\"topic\")" + wrong));
    CHECK(said(R"({"type":"hello","subs":[1]})") == bad("", R"(\"subs\")" + wrong));
    CHECK(said(R"({"type":"hello","subs":[{"topic":"a.*","positions":[{"seq":1}]}]})") == bad("", R"(\"positions\")" + wrong));
    for (const char* position :
         {R"("epoch":"k")", R"("seq":1)", R"("epoch":"k","positions":[])", R"("epoch":"k","seq":1,"positions":[])"}) {
        CHECK(said(R"({"type":"subscribe","topic":"a",)" + std::string{position} + "}") == bad("", R"(\"epoch\")" + wrong));
        CHECK(said(R"({"type":"hello","subs":[{"topic":"a",)" + std::string{position} + "}]}") == bad("", R"(\"epoch\")" + wrong));
    }
    CHECK(said(R"({"type":"subscribe","topic":"a.*","epoch":"k","seq":1})") == bad("", R"(\"epoch\")" + wrong));
    CHECK(said(R"({"type":"dance","id":5})") ==
          R"({"type":"error","id":5,"code":"unknown_type","message":"there is no such \"type\"","retry":false})");
    CHECK(rig.ask(client, R"({"type":"ping","id":1,"extra":{"type":"x","id":[2]}})") ==
          Texts{R"({"type":"reply","id":1,"now":1764158400000})"});
}

TEST_CASE("who sends what cannot be read, again and again, is told where, and then closed with 1007") {
    World world;
    ChannelRig<> rig{world, {.max_malformed = 3}};
    auto& client = rig.open();
    const std::string answer = R"({"type":"error","code":"bad_json","message":"Invalid value.","retry":false,"at":8})";
    CHECK(rig.ask(client, R"({"type":oops})") == Texts{answer});
    CHECK(rig.ask(client, R"({"type":oops})") == Texts{answer});
    // One that can be read begins the count anew.
    CHECK(rig.ask(client, R"({"type":"ping"})").size() == 1);
    CHECK(rig.ask(client, R"({"type":oops})") == Texts{answer});
    CHECK(rig.ask(client, std::string(65, '[')) ==
          Texts{R"({"type":"error","code":"bad_json","message":"nested more than 64 deep","retry":false,"at":64})"});
    client.send_binary(std::string_view{"{}"});
    REQUIRE(rig.rig.until([&] { return client.has_ended(); }));
    CHECK(client.close_code() == kb::CloseCode::invalid_payload);
    REQUIRE(client.received().size() == 2);
    CHECK(client.received()[0].payload == R"({"type":"error","code":"not_text","message":"send JSON in text messages","retry":false})");
    CHECK(client.received()[1].payload == R"({"type":"bye","code":1007,"reason":"too many messages that cannot be read","retry":false})");
}

TEST_CASE("a drain says bye, with the time after which to come back, before it closes") {
    World world;
    ChannelRig<> rig{world};
    auto& client = rig.subscriber("a");
    rig.publish("a", 1);
    rig.rig.hub.drain({.deadline = 5s, .reconnects_per_second = 1});
    REQUIRE(rig.rig.until([&] { return client.has_ended(); }));
    REQUIRE(client.received().size() == 2);
    CHECK(client.received()[0].payload == event("a", 1, 1));
    CHECK(client.close_reason().starts_with("server_drain after_ms="));
    CHECK(client.received()[1].payload ==
          R"({"type":"bye","code":4001,"reason":"server_drain","retry":true,"after_ms":)" + client.close_reason().substr(22) + "}");
}

TEST_CASE("a reason of the application's own that only looks like a time to come back is passed on whole") {
    World world;
    ChannelRig<> rig{world};
    const auto bye = [&](std::string_view reason) {
        auto& client = rig.open();
        rig.rig.session(client).close(kb::CloseCode::come_back, reason);
        REQUIRE(rig.rig.until([&] { return client.has_ended(); }));
        return client.received().back().payload;
    };
    CHECK(bye("moved after_ms=soon") == R"({"type":"bye","code":4000,"reason":"moved after_ms=soon","retry":true})");
    CHECK(bye("moved after_ms=-5") == R"({"type":"bye","code":4000,"reason":"moved after_ms=-5","retry":true})");
    CHECK(bye("moved after_ms=5") == R"({"type":"bye","code":4000,"reason":"moved","retry":true,"after_ms":5})");
}

TEST_CASE("options out of their range are refused by name") {
    World world;
    Rig rig{world};
    CHECK_THROWS_AS((kb::Channels{rig.hub, kb::protocol::Json{}, {.max_calls = 0}}), kb::InvalidOption);
    CHECK_THROWS_AS((kb::Channels{rig.hub, kb::protocol::Json{}, {.history = {.age = 0s}}}), kb::InvalidOption);
    kb::Channels channels{rig.hub, kb::protocol::Json{}};
    CHECK_THROWS_AS(channels.configure("a.*.b", {}), kb::InvalidOption);
    CHECK_THROWS_AS(channels.configure("a", {.history = kb::HistoryOptions{.events = 70'000}}), kb::InvalidOption);
}
