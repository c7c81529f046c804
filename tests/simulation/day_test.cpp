// A day in the life of a hub with its default keep-alive: 1,000 clients who come and go, politely and otherwise, a loop that
// stalls and a clock that jumps. KINGBOLT_SIMULATION_HOURS makes it shorter or longer.

#include "from_environment.hpp"
#include "hub/ledger.hpp"
#include "support/catch.hpp"

#include <kingbolt/hub.hpp>
#include <kingbolt/testing/simulation.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace kb = kingbolt;
using namespace std::chrono_literals;
using kb::Cause;

/// Why sessions ended, and how long the vanished were kept.
struct Ends {
    using slot = kb::slot::observer;
    void operator()(const kb::event::Closed& e) {
        ++by_cause[e.cause];
        if (e.cause == Cause::pong_timeout) longest_silence = std::max(longest_silence, *e.since_last_byte_in);
    }
    void operator()(const kb::event::Drained& e) { drained = e; }

    std::map<Cause, std::size_t> by_cause;
    kb::Duration longest_silence{};
    std::optional<kb::event::Drained> drained;
};

/// Every second somebody goes, and somebody else comes.
class Crowd {
public:
    Crowd(kb::testing::Simulation& sim, std::size_t size) : sim_{sim} {
        while (here_.size() < size) come();
    }

    void come() {
        here_.push_back(&sim_.connect({.latency = sim_.random().up_to(80ms), .latency_jitter = 5ms, .keeps_messages = false}));
        here_.back()->send_text("status");
    }
    void one_goes() {
        auto& place = here_[sim_.random().below(here_.size())];
        kb::testing::Peer& peer = *place;
        if (!peer.is_open()) return;
        place = here_.back();
        here_.pop_back();
        gone_.push_back(&peer);
        switch (sim_.random().below(5)) {
        case 0: ++expected[Cause::client_close], peer.close(); break;
        case 1: ++expected[Cause::eof_without_close], peer.drop(); break;
        case 2: ++expected[Cause::reset_by_peer], peer.reset(); break;
        case 3: ++expected[Cause::pong_timeout], peer.vanish(); break;
        default: ++expected[Cause::pong_timeout], peer.answer_pings(false); break;
        }
        come();
    }
    /// Frees those that are over; for the silent ones the hub needs two minutes.
    void forget_the_gone() {
        std::erase_if(gone_, [this](kb::testing::Peer* peer) {
            const std::size_t seen = peer->violations().size();
            if (!sim_.forget(*peer)) return false;
            violations += seen;
            return true;
        });
    }
    std::size_t gone() const noexcept { return gone_.size(); }
    void everybody_goes() { gone_.insert(gone_.end(), here_.begin(), here_.end()); }

    std::map<Cause, std::size_t> expected;
    std::size_t violations = 0;

private:
    kb::testing::Simulation& sim_;
    std::vector<kb::testing::Peer*> here_, gone_;
};

}  // namespace

TEST_CASE("a day with 1,000 clients: nobody is lost, nobody is kept, and nothing is left") {
    const auto hours = kb::test::from_environment("KINGBOLT_SIMULATION_HOURS", 24);
    kb::testing::Simulation sim{20'240'229};
    kb::test::Ledger ledger;
    Ends ends;
    kb::Hub hub{sim.transport(), sim.clock(), kb::Seed{sim.seed()}, ledger, ends};
    hub.on_message([](kb::Session& session, kb::Message topic) { session.subscribe(topic.text()); });
    sim.faults({.write_stall_probability = 0.001,
                .longest_write_stall = 2s,
                .partial_writes = true,
                .partial_reads = true,
                .wakeup_delay = 20ms,
                .reorder_wakeups = true});

    constexpr std::size_t size = 1000;
    Crowd crowd{sim, size};
    sim.run_for(10s);
    CHECK(hub.stats().open_sessions == size);
    for (std::uint64_t minute = 1; minute <= hours * 60; ++minute) {
        for (int second = 0; second < 60; ++second) {
            crowd.one_goes();
            sim.run_for(1s);
        }
        crowd.forget_the_gone();
        hub.publish("status", "all is well");
        if (minute % 60 == 20) sim.freeze_loop(3s);
        if (minute % 360 == 40) sim.jump_clock(-1h);
    }
    sim.run_for(5min);

    // Everybody who went was noticed, for the right reason and in time, and nobody else was.
    CHECK(ends.by_cause == crowd.expected);
    CHECK(hub.stats().open_sessions == size);
    CHECK(ends.longest_silence > 70s);
    CHECK(ends.longest_silence < 2min);
    CHECK(hub.stats().pings_sent > hours * 110'000);

    hub.drain({.deadline = 10s});
    REQUIRE(sim.run_until([&] { return ends.drained.has_value(); }, 11s));
    CHECK(ends.drained->forced == 0);
    CHECK(ends.by_cause[Cause::server_drain] == size);
    ledger.settle(hub.stats());
    CHECK(ledger.faults() == std::vector<std::string>{});
    CHECK(sim.run_until_idle(1min));
    CHECK(sim.pending_events() == 0);
    CHECK(sim.live_connections() == 0);
    CHECK(sim.buffered_bytes() == 0);
    crowd.everybody_goes();
    crowd.forget_the_gone();
    CHECK(crowd.gone() == 0);
    CHECK(crowd.violations == 0);
}
