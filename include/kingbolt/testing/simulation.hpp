#pragma once
// A hub's whole world in one object: a clock, a network, clients and all that can go wrong with them, in virtual time and
// from one seed. A day takes seconds, and what fails once fails again.
//
//     kb::testing::Simulation sim{seed};
//     kb::testing::Journal journal;
//     kb::Hub hub{sim.transport(), sim.clock(), kb::Seed{sim.seed()}, journal};
//
//     auto& peer = sim.connect({.latency = 20ms});
//     sim.run_for(1min);
//     peer.vanish();
//     sim.run_for(2min);
//     CHECK(journal.closed(peer).cause == kb::Cause::pong_timeout);
//
// Nothing here reads a real clock, sleeps or starts a thread. Between two `run_…` time stands still.

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/testing/connection.hpp>
#include <kingbolt/testing/detail/world.hpp>
#include <kingbolt/testing/faults.hpp>
#include <kingbolt/testing/manual_clock.hpp>
#include <kingbolt/testing/peer.hpp>
#include <kingbolt/testing/peer_options.hpp>
#include <kingbolt/testing/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt::testing {

/// Sizes in bytes.
struct SimulationOptions {
    std::size_t send_buffer = 256_KiB;           ///< of the server's kernel, per connection
    std::size_t receive_buffer = 256_KiB;        ///< likewise
    std::size_t max_message = 16_MiB;            ///< a larger message from a peer ends its connection
    bool records_trace = false;                  ///< keeps `trace()` as text; a line for every step
    std::size_t most_steps_at_once = 1'000'000;  ///< more at one instant are a loop that never ends: std::runtime_error
};

/// A network, a kernel and a clock that are not there. The hub's code is the one that production runs.
class Simulation {
public:
    /// The same seed and the same test are the same run, byte for byte.
    explicit Simulation(std::uint64_t seed, SimulationOptions options = {});
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    /// What the simulation was made with, but never 0, with which kingbolt::Seed would ask the system.
    std::uint64_t seed() const noexcept { return seed_; }
    /// For decisions of the test itself, so that they come from the seed, too.
    Random& random() noexcept { return world_.random; }

    // What a hub is made with.
    /// A Transport over the simulated network.
    SimulatedTransport& transport() noexcept { return transport_; }
    /// Runs with virtual time. Moving it by hand is the same as `jump_clock`.
    ManualClock& clock() noexcept { return world_.clock; }

    // Clients. A reference stays valid until `forget`.
    /// Begins to connect, now. Nothing happens before time runs.
    Peer& connect(PeerOptions options = {});
    /// Connects and runs until the upgrade is answered, the connection has ended, or `within` has passed.
    Peer& open(PeerOptions options = {}, Duration within = std::chrono::seconds{10});
    /// A plain GET. Runs until the answer is there; throws std::runtime_error if there is none `within` that time.
    HttpResponse http_get(std::string target, Duration within = std::chrono::seconds{10});
    /// Frees a peer that is over at both ends, for long runs; the reference is void from here on. False, and nothing is done,
    /// when the peer has neither ended nor vanished, or the hub has not let go of it yet.
    bool forget(Peer& peer);

    // Time. Each throws ContractViolation when the hub broke a rule, and whatever a callback of the hub lets through.
    /// Everything that is due within that time happens.
    void run_for(Duration duration);
    /// Until `condition` holds, asked after every step; false when it does not hold `within` that time.
    bool run_until(const std::function<bool()>& condition, Duration within);
    /// Until nothing is left to happen but the tick; false when `within` that time there always was something.
    bool run_until_idle(Duration within);
    /// True virtual time since the simulation was made.
    Duration elapsed() const noexcept { return world_.now - ManualClock::start; }

    // What goes wrong.
    /// The hub's loop does not run for so long; the rest of the world goes on, and its kernel's buffers fill.
    void freeze_loop(Duration duration);
    /// The clock that the hub reads jumps, forwards or backwards; nothing else does.
    void jump_clock(Duration by) noexcept { world_.clock.advance(by); }
    /// From now on.
    void faults(const Faults& faults) { world_.faults = faults; }
    /// Calls `f` as another thread would: `in_loop()` is false, and commands that belong to the loop are violations.
    template <class F>
    void from_other_thread(F&& f) {
        const Elsewhere elsewhere{world_};
        f();
    }

    // What is left, and what happened.
    /// Accepted and not closed, or waiting to be accepted.
    std::size_t live_connections() const noexcept { return transport_.server_.live.size(); }
    /// What the server's side holds for live connections: not taken by its kernel, not acknowledged, not read, not understood.
    std::size_t buffered_bytes() const noexcept;
    /// All that is going to happen, the tick included.
    std::size_t pending_events() const noexcept { return world_.scheduler.size() + (transport_.turn_end_wanted_ ? 1 : 0); }
    /// Over every step, its time, and every byte that the hub wrote. Equal for two runs of one seed.
    std::uint64_t trace_hash() const noexcept { return world_.trace.hash(); }
    /// A line for every step, where `records_trace` is on.
    const std::string& trace() const noexcept { return world_.trace.text(); }

private:
    struct Elsewhere {
        explicit Elsewhere(detail::World& w) noexcept : world{w}, before{w.other_thread} { world.other_thread = true; }
        ~Elsewhere() { world.other_thread = before; }
        Elsewhere(const Elsewhere&) = delete;
        Elsewhere& operator=(const Elsewhere&) = delete;
        detail::World& world;
        bool before;
    };

    bool step(TimePoint until);
    void dispatch(const detail::Event& event);
    std::size_t ticks_pending() const noexcept { return transport_.period_ > Duration::zero() ? 1 : 0; }
    void bury();

    std::uint64_t seed_;
    SimulationOptions options_;
    detail::World world_;
    SimulatedTransport transport_;
    std::vector<std::unique_ptr<Peer>> peers_;   // null where a peer was forgotten; `number` − 1 is the place
    std::vector<std::unique_ptr<Peer>> graves_;  // forgotten, but events still name them
};

}  // namespace kingbolt::testing

#include <kingbolt/testing/detail/simulation_impl.hpp>
