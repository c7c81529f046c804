// What only an unusual order shows: observers that publish, channels that go early, clients that are cut while they are answered.

#include "channels/scripted/scripted_channels.hpp"
#include "hub/doorman.hpp"
#include "support/catch.hpp"

#include <kingbolt/backplane/shards.hpp>
#include <kingbolt/testing/journal.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kb = kingbolt;
using Connection = kb::test::ScriptedTransport::Connection;

namespace {

/// An observer that publishes to a new topic, once, when a publication to `busy` is dropped; and room for two topics only.
struct Crowded {
    struct Observer {
        using slot = kb::slot::observer;
        Crowded* crowded;
        void operator()(const kb::event::Dropped&) const {
            if (std::exchange(crowded->publishes, false)) crowded->rig.channels->publish("ops.drops", "n", "9");
        }
    };

    Crowded() {
        rig.channels->configure("*", {.client_publish = true});
        rig.hub.find(reader.id)->subscribe("busy");
        rig.channels->publish("chat", "n", "1");
        for (int i = 0; i < 8; ++i) {
            rig.channels->publish("busy", "n", "1");
            rig.transport.end_turn();
        }
        // Waits in the hub, and will be dropped when something else is published.
        rig.channels->publish("busy", "n", "2");
        publishes = true;
    }
    ~Crowded() {
        rig.transport.close(reader);
        rig.transport.close(client);
    }

    bool publishes = false;
    kb::test::ScriptedChannels<kb::Outbox, Observer> rig{{.max_topics = 2, .epoch = "an-epoch-that-is-not-short"},
                                                         kb::Outbox{.max_messages = 2, .when_full = kb::WhenFull::drop_newest},
                                                         Observer{this}};
    Connection& reader = rig.transport.open();  ///< which reads nothing
    Connection& client = rig.transport.open();
};

}  // namespace

TEST_CASE("what a client publishes leads to a publication that needs the room of its topic: it is told its number all the same") {
    Crowded crowded;
    crowded.rig.say(crowded.client, {R"({"type":"publish","id":1,"topic":"chat","data":1})"});
    CHECK_FALSE(crowded.publishes);
    CHECK(crowded.rig.has_heard(crowded.client, R"({"type":"reply","id":1,"epoch":"an-epoch-that-is-not-short","seq":2})"));
}

TEST_CASE("to make room for a topic leads to a publication that makes room itself") {
    Crowded crowded;
    crowded.rig.hub.find(crowded.client.id)->subscribe("*");
    crowded.rig.channels->publish("fresh", "n", "1");
    crowded.rig.take_all(crowded.client);
    CHECK_FALSE(crowded.publishes);
    CHECK(crowded.rig.has_heard(crowded.client, R"("topic":"fresh","event":"n","epoch":"an-epoch-that-is-not-short)"));
    CHECK(crowded.rig.has_heard(crowded.client, R"("topic":"ops.drops","event":"n","epoch":"an-epoch-that-is-not-short)"));
    CHECK(crowded.rig.channels->topics() <= 3);
}

TEST_CASE("a hub goes after its channels have published and before another hub has read") {
    kb::backplane::Shards shards;
    kb::test::ScriptedChannels<kb::backplane::Shards&> reads{{.epoch = "an-epoch-that-is-not-short"}, shards};
    Connection& reader = reads.transport.open();
    reads.hub.find(reader.id)->subscribe("news");
    {
        kb::test::ScriptedChannels<kb::backplane::Shards&> goes{{.epoch = "an-epoch-that-is-not-short"}, shards};
        goes.transport.elsewhere = true;
        CHECK_FALSE(goes.channels->publish("news", "n", "1"));
        goes.transport.elsewhere = false;
    }
    reads.run_tasks();
    reads.take_all(reader);
    CHECK(reads.has_heard(reader, R"("epoch":"an-epoch-that-is-not-short","seq":1,"ts":5,"data":1})"));
    reads.transport.close(reader);
}

TEST_CASE("channels go while a publication of another thread and a refresh are on their way") {
    kb::test::SlowDoorman doorman;
    kb::testing::Journal journal;
    kb::test::ScriptedChannels<kb::test::SlowDoorman&, kb::testing::Journal&> rig{{}, doorman, journal};
    Connection& client = rig.transport.accept();
    kb::UpgradeRequest request;
    request.headers = kb::test::token("at once");
    rig.transport.events->on_upgrade(client.id, request);
    rig.run_tasks();
    rig.transport.events->on_opened(client.id);
    rig.say(client, {R"({"type":"refresh","id":1,"token":"good:ann"})"});
    rig.transport.elsewhere = true;
    CHECK_FALSE(rig.channels->publish("news", "n", "1"));
    rig.transport.elsewhere = false;

    rig.channels.reset();
    REQUIRE(doorman.questions.size() == 1);
    doorman.answer(0);
    rig.run_tasks();
    rig.take_all(client);
    CHECK(client.frames.empty());
    REQUIRE(journal.of<kb::event::HandlerFailed>().size() == 1);
    CHECK(journal.of<kb::event::HandlerFailed>()[0].what == "the channels went before this was published: news");
    rig.transport.close(client);
}

TEST_CASE("what is kept for the end of a call does not outlive its answer") {
    kb::test::ScriptedChannels<> rig{{}};
    std::optional<kb::Call> kept;
    bool cancelled = false;
    const auto held = std::make_shared<int>(1);
    rig.channels->method("answers", [&](const kb::Call& call) {
        call.on_cancel([call, held] {});
        call.reply("1");
        call.on_cancel([call, held] {});
    });
    rig.channels->method("waits", [&](const kb::Call& call) { kept = call; });
    Connection& client = rig.transport.open();
    rig.say(client, {R"({"type":"call","id":1,"method":"answers"})"});
    CHECK(held.use_count() == 1);
    rig.say(client, {R"({"type":"call","id":2,"method":"waits"})", R"({"type":"cancel","id":2})"});
    kept->on_cancel([&] { cancelled = true; });
    kept.reset();
    rig.transport.close(client);
    rig.tick();
    CHECK_FALSE(cancelled);
}

TEST_CASE("a method may register another of its name while it runs") {
    kb::test::ScriptedChannels<> rig{{}};
    const std::string first(100, '1');
    rig.channels->method("reload", [&rig, first](const kb::Call& call) {
        rig.channels->method("reload", [](const kb::Call& again) { again.reply("2"); });
        call.reply(first);
    });
    Connection& client = rig.transport.open();
    rig.say(client, {R"({"type":"call","id":1,"method":"reload"})", R"({"type":"call","id":2,"method":"reload"})"});
    CHECK(rig.has_heard(client, R"({"type":"reply","id":1,"data":)" + first + "}"));
    CHECK(rig.has_heard(client, R"({"type":"reply","id":2,"data":2})"));
    rig.transport.close(client);
}
