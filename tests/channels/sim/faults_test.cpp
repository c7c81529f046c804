// Whatever happens to connections, loops and servers: a subscriber has heard all that was published, or was told that it has not.
// KINGBOLT_SIMULATION_SEEDS says how many plays (1,000), KINGBOLT_SIMULATION_FIRST_SEED which is the first (1).

#include "channels/sim/wanderer.hpp"
#include "simulation/from_environment.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/protocol/json.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::literals;
using namespace std::chrono_literals;
using kb::test::Wanderer;

namespace {

struct Outcome {
    std::vector<std::string> faults{};
    std::uint64_t recovered_events = 0, recovered = 0, not_recovered = 0, live_events = 0;
};

class ChannelPlay {
public:
    explicit ChannelPlay(std::uint64_t seed) : choose_{seed ^ 0xC4A7}, sim_{seed, {.send_buffer = 1_KiB << choose_.below(6)}}, seed_{seed} {
        for (int i = 0; i < 3; ++i)
            for (const char* topic : {"feed.a", "feed.b", "news", "feed.*", "*"}) wanderers_.emplace_back(topic);
        start();
    }

    Outcome run() {
        sim_.faults({.write_stall_probability = choose_.chance(0.3) ? 0.03 : 0,
                     .longest_write_stall = 500ms,
                     .partial_writes = choose_.chance(0.5),
                     .partial_reads = choose_.chance(0.5),
                     .reset_probability = choose_.chance(0.3) ? 0.003 : 0,
                     .wakeup_delay = choose_.chance(0.5) ? 20ms : 0ms,
                     .reorder_wakeups = choose_.chance(0.7)});
        for (int i = 0; i < 200; ++i) {
            do_something();
            live(choose_.up_to(60ms));
        }
        settle();
        return outcome();
    }

private:
    using Hub = kb::Hub<kb::testing::SimulatedTransport, kb::testing::ManualClock&, kb::Seed, kb::Outbox, kb::KeepAlive, kb::Deadlines>;
    static constexpr std::array<const char*, 4> topics{"feed.a", "feed.b", "news", "feed.rare"};

    void start() {
        hub_.emplace(sim_.transport(), sim_.clock(), kb::Seed{seed_}, kb::Outbox{.max_bytes = 16_KiB, .max_messages = 64},
                     kb::KeepAlive{.ping_interval = 1000ms, .pong_timeout = 500ms, .max_missed_pongs = 2},
                     kb::Deadlines{.handshake = 1000ms, .close = 500ms});
        kb::ChannelOptions options{.history = {.events = 48, .bytes = 6_KiB, .age = 5s}, .max_topics = 3};
        options.epoch = "e" + std::to_string(++starts_);
        channels_ = std::make_unique<kb::Channels<Hub, kb::protocol::Json>>(*hub_, kb::protocol::Json{}, options);
        channels_->configure("feed.a", {.retain = true});
    }

    void do_something() {
        Wanderer& one = wanderers_[choose_.below(wanderers_.size())];
        kb::testing::Peer* const peer = one.peer();
        switch (choose_.below(24)) {
        case 0:
            if (peer != nullptr) peer->reset();
            break;
        case 1:
            if (peer != nullptr) peer->vanish();
            break;
        case 2:
            if (peer != nullptr) peer->stop_reading();
            break;
        case 3:
            if (peer != nullptr) peer->resume_reading();
            break;
        case 4:
            if (choose_.chance(0.2)) sim_.freeze_loop(choose_.up_to(1500ms));
            break;
        case 5:
            if (choose_.chance(0.1)) restart();
            break;
        case 6:
            if (choose_.chance(0.2)) channels_->forget(topics[choose_.below(topics.size())]);
            break;
        case 7:
            if (peer != nullptr) hub_->close(*peer, kb::CloseCode::come_back);
            break;
        default: publish(); break;
        }
    }

    void publish() {
        for (std::uint64_t i = choose_.below(12); i > 0; --i) publish(topics[choose_.chance(0.02) ? 3 : choose_.below(3)]);
    }
    void publish(const std::string& topic) { channels_->publish(topic, "n", std::to_string(++published_[topic])); }

    void restart() {
        channels_.reset();
        hub_.reset();
        start();
    }

    void live(kb::Duration duration) {
        sim_.run_for(duration);
        for (Wanderer& one : wanderers_) {
            one.pump();
            if (!one.is_connected() && choose_.chance(0.2)) connect(one);
        }
    }
    void connect(Wanderer& one) { one.connect(sim_.connect({.latency = choose_.up_to(30ms), .receive_buffer = 500U << choose_.below(6)})); }

    /// Everybody comes back, and hears a last publication of each topic.
    void settle() {
        sim_.faults({});
        for (Wanderer& one : wanderers_)
            if (one.is_connected()) one.peer()->resume_reading();
        for (int i = 0; i < 200; ++i) live(100ms);
        for (const char* topic : topics) publish(topic);
        for (int i = 0; i < 50; ++i) live(100ms);
        for (Wanderer& one : wanderers_)
            if (!one.is_connected()) faults_.push_back("somebody has not come back");
    }

    Outcome outcome() {
        Outcome outcome{.faults = faults_};
        for (const Wanderer& one : wanderers_) {
            outcome.faults.insert(outcome.faults.end(), one.faults().begin(), one.faults().end());
            for (const auto& [topic, number] : one.heard())
                if (number != published_[topic]) outcome.faults.push_back(topic + ": the last that was heard is not the last");
            outcome.recovered_events += one.recovered_events;
            outcome.recovered += one.recovered;
            outcome.not_recovered += one.not_recovered;
            outcome.live_events += one.live_events;
        }
        return outcome;
    }

    kb::testing::Random choose_;
    kb::testing::Simulation sim_;
    std::uint64_t seed_;
    int starts_ = 0;
    std::optional<Hub> hub_;
    std::unique_ptr<kb::Channels<Hub, kb::protocol::Json>> channels_;
    std::deque<Wanderer> wanderers_;
    std::map<std::string, std::uint64_t> published_;
    std::vector<std::string> faults_;
};

}  // namespace

TEST_CASE("every subscriber ends with exactly what was published, or has been told what it missed") {
    const auto seeds = kb::test::from_environment("KINGBOLT_SIMULATION_SEEDS", 1000);
    const auto first = kb::test::from_environment("KINGBOLT_SIMULATION_FIRST_SEED", 1);
    Outcome all;
    for (std::uint64_t seed = first; seed < first + seeds && all.faults.size() < 10; ++seed) {
        const Outcome one = ChannelPlay{seed}.run();
        if (!one.faults.empty()) {
            all.faults.push_back(one.faults.front());
            FAIL_CHECK("seed " << seed << ": " << one.faults.size() << " faults, the first: " << one.faults.front());
        }
        all.recovered_events += one.recovered_events;
        all.recovered += one.recovered;
        all.not_recovered += one.not_recovered;
        all.live_events += one.live_events;
    }
    CAPTURE(all.recovered, all.not_recovered, all.recovered_events, all.live_events);
    if (seeds < 100 || !all.faults.empty()) return;
    // The plays are worth something only if things happen in them.
    CHECK(all.recovered > seeds * 5);
    CHECK(all.not_recovered > seeds);
    CHECK(all.recovered_events > seeds * 50);
    CHECK(all.live_events > seeds * 500);
}
