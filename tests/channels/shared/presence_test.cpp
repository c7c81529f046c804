// Who else is there.

#include "channels/channel_rig.hpp"

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

std::string session(ChannelRig<>& rig, const Client& client) { return kb::session_name(rig.rig.id(client)); }

}  // namespace

TEST_CASE("who asks is told who is there, and then what changes") {
    World world;
    ChannelRig<> rig{world};
    rig.channels.configure("room", {.presence = true});
    auto& first = rig.subscriber("room");
    auto& watcher = rig.open();
    const auto answers = rig.ask(watcher, R"({"type":"subscribe","id":1,"topic":"room","presence":true})");
    REQUIRE(answers.size() == 2);
    CHECK(answers[0] == R"({"type":"reply","id":1,"sub":{"topic":"room","epoch":"k","seq":0}})");
    CHECK(answers[1] == R"({"type":"presence","topic":"room","state":[{"session":")" + session(rig, first) + R"("},{"session":")" +
                            session(rig, watcher) + R"("}]})");

    auto& third = rig.subscriber("room");
    const std::string third_name = session(rig, third);
    REQUIRE(rig.rig.until([&] { return !watcher.received().empty(); }));
    CHECK(watcher.take_messages()[0].payload ==
          R"({"type":"presence","topic":"room","joined":[{"session":")" + third_name + R"("}],"left":[]})");
    CHECK(rig.ask(third, R"({"type":"unsubscribe","topic":"room"})").size() == 1);
    REQUIRE(rig.rig.until([&] { return !watcher.received().empty(); }));
    CHECK(watcher.take_messages()[0].payload == R"({"type":"presence","topic":"room","joined":[],"left":[")" + third_name + R"("]})");
    const std::string first_name = session(rig, first);
    first.reset();
    REQUIRE(rig.rig.until([&] { return !watcher.received().empty(); }));
    CHECK(watcher.take_messages()[0].payload == R"({"type":"presence","topic":"room","joined":[],"left":[")" + first_name + R"("]})");
}

TEST_CASE("whom the application unsubscribes is no longer present, and hears nothing of presence") {
    World world;
    ChannelRig<> rig{world};
    rig.channels.configure("room", {.presence = true});
    auto& watcher = rig.open();
    rig.ask(watcher, R"({"type":"subscribe","topic":"room","presence":true})");
    auto& shown_out = rig.open();
    rig.ask(shown_out, R"({"type":"subscribe","topic":"room","presence":true})");
    REQUIRE(rig.rig.until([&] { return !watcher.received().empty(); }));
    watcher.take_messages();

    rig.rig.session(shown_out).unsubscribe("room");
    REQUIRE(rig.rig.until([&] { return !watcher.received().empty(); }));
    CHECK(watcher.take_messages()[0].payload ==
          R"({"type":"presence","topic":"room","joined":[],"left":[")" + session(rig, shown_out) + R"("]})");
    auto& newcomer = rig.open();
    CHECK(rig.ask(newcomer, R"({"type":"subscribe","topic":"room","presence":true})").back() ==
          R"({"type":"presence","topic":"room","state":[{"session":")" + session(rig, watcher) + R"("},{"session":")" +
              session(rig, newcomer) + R"("}]})");
    REQUIRE(rig.rig.until([&] { return !watcher.received().empty(); }));
    CHECK(shown_out.received().empty());
}

TEST_CASE("presence is asked for of topics that have it, and of no pattern") {
    World world;
    ChannelRig<> rig{world};
    rig.channels.configure("room.*", {.presence = true});
    auto& client = rig.open();
    for (const char* topic : {"hall", "room.*"})
        CHECK(rig.ask(client, R"({"type":"subscribe","id":1,"presence":true,"topic":")" + std::string{topic} + "\"}") ==
              Texts{R"({"type":"error","id":1,"code":"no_presence","message":"cannot subscribe to it","retry":false})"});
}

TEST_CASE("who subscribes again without presence is told no more of it, and is there all the same") {
    World world;
    ChannelRig<> rig{world};
    rig.channels.configure("room", {.presence = true});
    auto& watcher = rig.open();
    rig.ask(watcher, R"({"type":"subscribe","topic":"room","presence":true})");
    rig.ask(watcher, R"({"type":"subscribe","topic":"room"})");
    auto& second = rig.open();
    const auto answers = rig.ask(second, R"({"type":"subscribe","topic":"room","presence":true})");
    REQUIRE(answers.size() == 2);
    CHECK(answers[1] == R"({"type":"presence","topic":"room","state":[{"session":")" + session(rig, watcher) + R"("},{"session":")" +
                            session(rig, second) + R"("}]})");
    const std::string name = session(rig, watcher);
    CHECK(rig.ask(watcher, R"({"type":"unsubscribe","topic":"room"})") == Texts{R"({"type":"reply"})"});
    REQUIRE(rig.rig.until([&] { return !second.received().empty(); }));
    CHECK(rig.rig.texts(second) == Texts{R"({"type":"presence","topic":"room","joined":[],"left":[")" + name + R"("]})"});
    CHECK(rig.rig.texts(watcher).empty());
}
