// One seed, one run.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using kb::testing::Simulation;

namespace {

struct Run {
    std::uint64_t hash;
    std::string trace;
    RecordingHub::Log log;
};

// A little of everything; `extra` is a difference of one byte.
Run run(std::uint64_t seed, const std::string& extra = {}) {
    Simulation sim{seed, {.send_buffer = 2000, .records_trace = true}};
    RecordingHub hub{sim};
    sim.faults({.write_stall_probability = 0.1,
                .partial_writes = true,
                .partial_reads = true,
                .reset_probability = 0.01,
                .wakeup_delay = 3ms,
                .reorder_wakeups = true});
    hub.when_opened = [&](auto& connection) {
        const std::vector<kb::Frame> frames{RecordingHub::text(std::string(3000, 'x') + extra)};
        connection.write(frames);
    };
    sim.transport().tick_every(100ms);
    std::vector<kb::testing::Peer*> peers;
    for (int i = 0; i < 20; ++i) peers.push_back(&sim.connect({.latency = std::chrono::milliseconds{i}, .latency_jitter = 10ms}));
    sim.run_for(1s);
    peers[sim.random().below(20)]->vanish();
    peers[sim.random().below(20)]->reset();
    sim.freeze_loop(2s);
    for (auto* peer : peers) peer->send_text("hello");
    sim.run_for(10s);
    return {sim.trace_hash(), sim.trace(), hub.log};
}

}  // namespace

TEST_CASE("one seed gives one run, another seed another") {
    const auto first = run(42);
    const auto again = run(42);
    CHECK(first.hash == again.hash);
    CHECK(first.trace == again.trace);
    CHECK(first.log == again.log);
    const auto other = run(43);
    CHECK(first.hash != other.hash);
    CHECK(first.trace != other.trace);
}

TEST_CASE("the hash covers every byte that the hub writes") { CHECK(run(42, "a").hash != run(42, "b").hash); }

TEST_CASE("a recorded trace has a line for every step") {
    Simulation sim{1, {.records_trace = true}};
    RecordingHub hub{sim};
    auto& peer = sim.open();
    hub.write("x");
    sim.run_for(1s);
    hub.connection().abort();
    sim.run_for(1s);
    const std::string trace = sim.trace();
    for (const auto* line :
         {"0.001000 peer 1 connect 0\n", "0.002000 peer 1 establish 1\n", "0.003000 peer 1 reach_server 0\n", "0.003000 peer 1 wake 0\n",
          "0.004000 peer 1 reach_peer 0\n", "0.004000 peer 1 write 3\n", "peer 1 abort 0\n"}) {
        INFO(trace);
        CHECK(trace.find(line) != std::string::npos);
    }
    CHECK(peer.has_ended());
    CHECK(Simulation{1}.trace().empty());
}

TEST_CASE("the seed that a hub is given is never 0, which would mean chance") {
    CHECK(Simulation{7}.seed() == 7);
    CHECK(Simulation{0}.seed() != 0);
}
