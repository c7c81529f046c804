// One seed, one history: whatever the hub draws comes from its Seed.

#include "hub/rig.hpp"

#include <string>
#include <utility>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

struct Run {
    std::uint64_t hash;
    kb::testing::Events events;
};

Run run(std::uint64_t world_seed, std::uint64_t hub_seed) {
    World world{{.send_buffer = 16_KiB, .seed = world_seed}};
    world.sim.faults({.write_stall_probability = 0.01,
                      .partial_writes = true,
                      .partial_reads = true,
                      .reset_probability = 0.001,
                      .wakeup_delay = 5ms,
                      .reorder_wakeups = true});
    kb::testing::Journal journal;
    kb::Hub hub{world.transport(), world.clock(), kb::Seed{hub_seed}, journal, kb::Outbox{.max_messages = 50}};
    hub.on_message([&](kb::Session& from, kb::Message message) {
        from.subscribe("room");
        hub.publish("room", message);
    });
    std::vector<Client*> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(&world.connect({.latency_jitter = 20ms}));
    for (int i = 0; i < 200; ++i) {
        clients[world.sim.random().below(clients.size())]->send_text("message " + std::to_string(i));
        world.run_for(500ms);
    }
    clients[0]->vanish();
    hub.drain({.deadline = 3s});
    world.run_for(10s);
    return {world.sim.trace_hash(), journal.all()};
}

}  // namespace

TEST_CASE("two runs with the same seeds are the same in every event, at every time, in every byte") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const Run first = run(seed, 99), second = run(seed, 99);
        CHECK(first.hash == second.hash);
        CHECK((first.events == second.events));
        CHECK(first.events.size() > 300);
    }
}

TEST_CASE("another seed of the hub gives another history of the same world") { CHECK(run(1, 99).hash != run(1, 100).hash); }

TEST_CASE("a hub without a seed draws one: two of them do not ping at the same time") {
    const auto first_ping = [] {
        World world;
        kb::testing::Journal journal;
        kb::Hub hub{world.transport(), world.clock(), journal};
        for (int i = 0; i < 8; ++i) world.connect();
        world.run_for(31s);
        std::vector<kb::TimePoint> times;
        for (const auto& ping : journal.of<kb::event::PingSent>()) times.push_back(ping.at);
        return times;
    };
    CHECK(first_ping() != first_ping());
}
