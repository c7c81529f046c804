// What observers, and others that are asked in the middle of something, do to the hub meanwhile; and what comes between a publication and
// the end of its turn.

#include "hub/meddler.hpp"
#include "hub/scripted/scripted_transport.hpp"
#include "support/catch.hpp"

#include <kingbolt/backplane/shards.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <string>
#include <utility>
#include <vector>

namespace kb = kingbolt;
using kb::test::Meddler;
using kb::test::ScriptedTransport;
using Connection = ScriptedTransport::Connection;
using Lines = std::vector<std::string>;

namespace {

Lines texts(const Connection& connection) {
    Lines lines;
    for (const kb::Frame& frame : connection.frames)
        frame.for_each_message([&](const kb::Frame& message) {
            const auto payload = message.payload();
            lines.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
        });
    return lines;
}

template <class... Policies>
struct Script {
    explicit Script(Policies... policies) : hub{transport, clock, kb::Seed{1}, policies...} {}

    Connection& subscriber(std::string_view topic) {
        Connection& connection = transport.open();
        hub.find(connection.id)->subscribe(topic);
        return connection;
    }
    void run_tasks() {
        for (const auto& task : std::exchange(transport.tasks, {})) task();
    }
    /// Until every client has all that is there for it.
    void settle() {
        transport.end_turn();
        for (Connection& connection : transport.connections) {
            while (connection.in_flight > 0) {
                transport.written(connection, connection.in_flight);
                transport.end_turn();
            }
        }
    }

    ScriptedTransport transport;
    kb::testing::ManualClock clock;
    kb::Hub<ScriptedTransport, kb::testing::ManualClock&, kb::Seed, Policies...> hub;
};

/// A hub at a backplane, and another that publishes.
template <class... Policies>
struct Linked {
    explicit Linked(Policies... policies) : script{shards, policies...}, other{shards, [] {}} {}

    void publish_elsewhere(std::string_view topic, std::string_view text) { other.publish(topic, kb::Message{text}, 0, false); }

    kb::backplane::Shards shards;
    Script<kb::backplane::Shards&, Policies...> script;
    kb::backplane::Shards::Link other;
};

}  // namespace

TEST_CASE("a subscriber of a pattern goes on hearing a topic whose last direct subscriber left in the turn in which it was published to") {
    Linked linked;
    auto& script = linked.script;
    auto& patient = script.subscriber("b.*");
    auto& hasty = script.subscriber("b.1");
    linked.publish_elsewhere("b.1", "first");
    script.run_tasks();
    script.transport.close(hasty);
    script.settle();
    linked.publish_elsewhere("b.1", "second");
    script.run_tasks();
    script.settle();
    CHECK(texts(patient) == Lines{"first", "second"});
}

TEST_CASE("nobody hears a topic instead of another whose last subscriber left in the turn in which it was published to") {
    Linked linked;
    auto& script = linked.script;
    auto& patient = script.subscriber("b.*");
    auto& hasty = script.subscriber("salaries");
    linked.publish_elsewhere("salaries", "what Anna earns");
    script.run_tasks();
    script.transport.close(hasty);
    linked.publish_elsewhere("b.1", "for all of b");
    script.run_tasks();
    script.settle();
    CHECK(texts(patient) == Lines{"for all of b"});
}
