// Channels of two hubs that are linked: one numbering, and a past on both.

#include "support/catch.hpp"

#include <kingbolt/backplane/shards.hpp>
#include <kingbolt/channels.hpp>
#include <kingbolt/protocol/json.hpp>
#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kb = kingbolt;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

namespace {

struct Shard {
    Shard(kb::backplane::Shards& shards, std::uint64_t seed)
        : sim{seed}, hub{sim.transport(), sim.clock(), shards, kb::Seed{seed}}, channels{hub, kb::protocol::Json{}, {.epoch = "k"}, [] {
                                                                                             return kb::WallTime{5ms};
                                                                                         }} {
        channels.configure("a", {.client_publish = true});
    }

    Texts ask(kb::testing::Peer& peer, std::string_view text) {
        peer.send_text(text);
        sim.run_for(200ms);
        Texts all;
        for (auto& message : peer.take_messages()) all.push_back(message.payload);
        return all;
    }

    kb::testing::Simulation sim;
    kb::Hub<kb::testing::SimulatedTransport, kb::testing::ManualClock&, kb::backplane::Shards&, kb::Seed> hub;
    kb::Channels<decltype(hub), kb::protocol::Json> channels;
};

std::string event(int sequence, std::string_view data) {
    return R"({"type":"event","topic":"a","event":"n","epoch":"k","seq":)" + std::to_string(sequence) + R"(,"ts":5,"data":)" +
           std::string{data} + "}";
}

}  // namespace

TEST_CASE("what is published on one hub is heard and recovered on the other, with the same numbers") {
    kb::backplane::Shards shards;
    Shard one{shards, 1}, other{shards, 2};
    auto& client = one.sim.open();
    CHECK(one.ask(client, R"({"type":"subscribe","topic":"a"})").size() == 1);
    other.channels.publish("a", "n", "1");
    one.channels.publish("a", "n", "2");
    other.sim.run_for(200ms);
    // The number is the backplane's, and the reply does not know it.
    CHECK(one.ask(client, R"({"type":"publish","id":4,"topic":"a","event":"n","data":3})") ==
          Texts{event(1, "1"), event(2, "2"), event(3, "3"), R"({"type":"reply","id":4})"});
    other.sim.run_for(200ms);

    auto& moved = other.sim.open();
    CHECK(other.ask(moved, R"({"type":"subscribe","topic":"a","epoch":"k","seq":1})") ==
          Texts{R"({"type":"reply","sub":{"topic":"a","epoch":"k","seq":3,"recovered":true}})", event(2, "2"), event(3, "3")});
    other.channels.forget("a");
    CHECK(other.ask(moved, R"({"type":"subscribe","topic":"a","epoch":"k","seq":1})") ==
          Texts{R"({"type":"reply","sub":{"topic":"a","epoch":"k","seq":3,"recovered":false}})"});
    other.channels.publish("a", "n", "4");
    CHECK(other.ask(moved, R"({"type":"ping"})").front() == event(4, "4"));
}
