// What a client has missed: all of it, or an honest word.

#include "channels/channel_rig.hpp"

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

std::string subscribed(std::string_view result) { return R"({"type":"reply","id":1,"sub":)" + std::string{result} + "}"; }
std::string from(std::string_view topic, std::string_view epoch, int sequence) {
    return R"({"type":"subscribe","id":1,"topic":")" + std::string{topic} + R"(","epoch":")" + std::string{epoch} + R"(","seq":)" +
           std::to_string(sequence) + "}";
}

}  // namespace

TEST_CASE("who gives a position gets what it has missed, before anything newer") {
    World world;
    ChannelRig<> rig{world};
    for (int i = 1; i <= 5; ++i) rig.publish("a", i);
    auto& client = rig.open();
    CHECK(rig.ask(client, from("a", "k", 2)) ==
          Texts{subscribed(R"({"topic":"a","epoch":"k","seq":5,"recovered":true})"), event("a", 3, 3), event("a", 4, 4), event("a", 5, 5)});
    rig.publish("a", 6);
    CHECK(rig.rig.texts(client) == Texts{event("a", 6, 6)});
    auto& current = rig.open();
    CHECK(rig.ask(current, from("a", "k", 6)) == Texts{subscribed(R"({"topic":"a","epoch":"k","seq":6,"recovered":true})")});
}

TEST_CASE("what cannot be recovered as a whole is not recovered in part") {
    World world;
    ChannelRig<> rig{world, {.history = {.events = 3}}};
    for (int i = 1; i <= 5; ++i) rig.publish("a", i);
    auto& client = rig.open();
    const Texts no{subscribed(R"({"topic":"a","epoch":"k","seq":5,"recovered":false})")};
    CHECK(rig.ask(client, from("a", "k", 1)) == no);
    CHECK(rig.ask(client, from("a", "other", 4)) == no);
    CHECK(rig.ask(client, from("a", "k", 6)) == no);
    CHECK(rig.ask(client, from("a", "k", 2)).size() == 4);
    CHECK(rig.ask(client, from("nothing", "k", 1)) == Texts{subscribed(R"({"topic":"nothing","epoch":"k","seq":0,"recovered":false})")});
    CHECK(rig.ask(client, from("nothing", "k", 0)) == Texts{subscribed(R"({"topic":"nothing","epoch":"k","seq":0,"recovered":true})")});
}

TEST_CASE("what does not fit into the client's queue is not recovered, and what is retained is sent") {
    World world;
    ChannelRig<kb::Outbox> rig{world, {}, kb::Outbox{.max_messages = 4}};
    rig.channels.configure("a", {.retain = true});
    for (int i = 1; i <= 5; ++i) rig.publish("a", i);
    auto& client = rig.open();
    CHECK(rig.ask(client, from("a", "k", 1)) ==
          Texts{subscribed(R"({"topic":"a","epoch":"k","seq":5,"recovered":false})"), event("a", 5, 5)});
    CHECK(rig.ask(client, from("a", "k", 3)) ==
          Texts{subscribed(R"({"topic":"a","epoch":"k","seq":5,"recovered":true})"), event("a", 4, 4), event("a", 5, 5)});
}

TEST_CASE("a pattern is recovered topic by topic, those that began meanwhile from their beginning") {
    World world;
    ChannelRig<> rig{world};
    for (int i = 1; i <= 3; ++i) rig.publish("j.a", i);
    rig.publish("other", 1);
    rig.publish("j.b", 1);
    auto& client = rig.open();
    const std::string ask = R"({"type":"subscribe","id":1,"topic":"j.*","epoch":"k","positions":)";
    CHECK(rig.ask(client, ask + R"([{"topic":"j.a","seq":2}]})") ==
          Texts{subscribed(R"({"topic":"j.*","epoch":"k","recovered":true,"positions":[{"topic":"j.a","seq":3},{"topic":"j.b","seq":1}]})"),
                event("j.a", 3, 3), event("j.b", 1, 1)});
    CHECK(rig.ask(client, ask + R"([]})").size() == 5);
    // One topic that is not recovered, and none is.
    const Texts no{
        subscribed(R"({"topic":"j.*","epoch":"k","recovered":false,"positions":[{"topic":"j.a","seq":3},{"topic":"j.b","seq":1}]})")};
    CHECK(rig.ask(client, ask + R"([{"topic":"j.a","seq":9}]})") == no);
    // One that is not there, and has not been forgotten since, has nothing that could be missed.
    CHECK(rig.ask(client, ask + R"([{"topic":"j.a","seq":3},{"topic":"j.b","seq":1},{"topic":"j.gone","seq":1}]})").size() == 1);
}

TEST_CASE("a topic that was forgotten has another epoch when it comes back, and so have the patterns above it") {
    World world;
    ChannelRig<> rig{world};
    rig.publish("j.a", 1);
    rig.publish("j.b", 1);
    REQUIRE(rig.rig.until([&] { return rig.rig.hub.stats().published == 2; }));
    rig.channels.forget("j.a");
    auto& client = rig.open();
    CHECK(rig.ask(client, from("j.a", "k", 1)) == Texts{subscribed(R"({"topic":"j.a","epoch":"k-1","seq":0,"recovered":false})")});
    CHECK(rig.ask(client, R"({"type":"unsubscribe","topic":"j.a"})").size() == 1);
    rig.publish("j.a", 7);
    CHECK(rig.ask(client, from("j.a", "k", 0)) == Texts{subscribed(R"({"topic":"j.a","epoch":"k-1","seq":1,"recovered":false})")});
    CHECK(rig.ask(client, from("j.a", "k-1", 0)) ==
          Texts{subscribed(R"({"topic":"j.a","epoch":"k-1","seq":1,"recovered":true})"), event("j.a", 1, 7, "k-1")});
    // Its neighbour was not forgotten.
    CHECK(rig.ask(client, from("j.b", "k", 0)).size() == 2);
    const auto pattern = [&](std::string_view positions) {
        return rig.ask(client, R"({"type":"subscribe","id":1,"topic":"j.*","epoch":"k","positions":)" + std::string{positions} + "}");
    };
    const auto answer = [](std::string_view recovered) {
        return subscribed(R"({"topic":"j.*","epoch":"k-1","recovered":)" + std::string{recovered} +
                          R"(,"positions":[{"topic":"j.a","seq":1},{"topic":"j.b","seq":1,"epoch":"k"}]})");
    };
    // Who had heard the last of j.a before it was forgotten has missed its new beginning only; who had not cannot get it any more.
    CHECK(pattern(R"([{"topic":"j.a","seq":1},{"topic":"j.b","seq":1}])") == Texts{answer("true"), event("j.a", 1, 7, "k-1")});
    CHECK(pattern(R"([{"topic":"j.a","seq":1,"epoch":"k-1"},{"topic":"j.b","seq":1}])") == Texts{answer("true")});
    CHECK(pattern(R"([{"topic":"j.b","seq":1}])") == Texts{answer("false")});
    CHECK(pattern(R"([{"topic":"j.a","seq":0},{"topic":"j.b","seq":1}])") == Texts{answer("false")});
}

TEST_CASE("what is retained comes at once, unless it was missed and comes with the rest") {
    World world;
    ChannelRig<> rig{world, {.history = {.events = 2}}};
    rig.channels.configure("a.*", {.history = kb::HistoryOptions{.events = 0}, .retain = true});
    rig.channels.configure("b", {.retain = true});
    for (int i = 1; i <= 3; ++i)
        for (const char* topic : {"a.x", "a.y", "b"}) rig.publish(topic, i);
    auto& client = rig.open();
    CHECK(rig.ask(client, R"({"type":"subscribe","id":1,"topic":"a.*"})") ==
          Texts{subscribed(R"({"topic":"a.*","epoch":"k","positions":[{"topic":"a.x","seq":3},{"topic":"a.y","seq":3}]})"),
                event("a.x", 3, 3), event("a.y", 3, 3)});
    CHECK(rig.ask(client, from("b", "k", 2)) ==
          Texts{subscribed(R"({"topic":"b","epoch":"k","seq":3,"recovered":true})"), event("b", 3, 3)});
    CHECK(rig.ask(client, from("b", "k", 0)) ==
          Texts{subscribed(R"({"topic":"b","epoch":"k","seq":3,"recovered":false})"), event("b", 3, 3)});
}

TEST_CASE("who is conflated is told that gaps are meant") {
    World world;
    ChannelRig<> rig{world};
    rig.rig.hub.configure_topic("a", {.when_full = kb::WhenFull::conflate});
    auto& client = rig.open();
    CHECK(rig.ask(client, R"({"type":"subscribe","id":1,"topic":"a"})") ==
          Texts{subscribed(R"({"topic":"a","epoch":"k","seq":0,"conflated":true})")});
}

TEST_CASE("beyond the bound the topic published to longest ago is forgotten, or only its past where somebody listens") {
    World world;
    ChannelRig<> rig{world, {.max_topics = 2}};
    auto& listener = rig.subscriber("a");
    rig.publish("a", 1);
    rig.publish("b", 1);
    rig.publish("c", 1);  // b has to go: somebody listens to a
    CHECK(rig.channels.topics() == 2);
    rig.publish("b", 2);  // c has to go
    auto& client = rig.open();
    CHECK(rig.ask(client, from("b", "k", 1)) == Texts{subscribed(R"({"topic":"b","epoch":"k-2","seq":1,"recovered":false})")});
    rig.publish("a", 2);
    CHECK(rig.rig.texts(listener) == Texts{event("a", 1, 1), event("a", 2, 2)});
}

TEST_CASE("topics with listeners do not let the table grow for ever") {
    World world;
    ChannelRig<> rig{world, {.max_topics = 50}};
    auto& listener = rig.open();
    for (int i = 0; i < 45; ++i) {
        const std::string topic = "heard." + std::to_string(i);
        rig.ask(listener, R"({"type":"subscribe","topic":")" + topic + R"("})");
        rig.publish(topic, 1);
    }
    for (int i = 0; i < 2'000; ++i) rig.publish("new." + std::to_string(i), 1);
    CHECK(rig.channels.topics() <= 60);
    rig.publish("heard.7", 2);
    CHECK(rig.rig.texts(listener).back() == event("heard.7", 2, 2));
}
