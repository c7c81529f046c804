// What only an unusual order shows: observers that publish, channels that go early, clients that are cut while they are answered.

#include "channels/scripted/scripted_channels.hpp"
#include "support/catch.hpp"

#include <functional>
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
