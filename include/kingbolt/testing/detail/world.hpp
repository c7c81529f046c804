#pragma once
// What all parts of one Simulation share: time, chance, faults, the trace, and whether the hub's loop can run at all.

#include <kingbolt/core/time.hpp>
#include <kingbolt/testing/contract_violation.hpp>
#include <kingbolt/testing/detail/scheduler.hpp>
#include <kingbolt/testing/detail/trace.hpp>
#include <kingbolt/testing/faults.hpp>
#include <kingbolt/testing/manual_clock.hpp>
#include <kingbolt/testing/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace kingbolt::testing::detail {

struct World {
    World(std::uint64_t seed, bool keeps_trace_text) : random{seed}, trace{keeps_trace_text} {}

    Scheduler scheduler;
    Random random;
    Faults faults;
    Trace trace;
    ManualClock clock;                   ///< what the hub reads; it runs with `now`, but may have jumped
    TimePoint now = ManualClock::start;  ///< true virtual time
    TimePoint frozen_until{};
    bool other_thread = false;  ///< the caller plays a thread that is not the loop's
    std::size_t steps_at_once = 0;
    bool running = false;                        ///< inside a step of the simulation
    std::optional<ContractViolation> violation;  ///< of this step, in case the hub swallows the exception

    struct Running {
        explicit Running(World& w) noexcept : world{w} { world.running = true; }
        ~Running() {
            world.running = false;
            world.violation.reset();
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        World& world;
    };

    void advance_to(TimePoint to) noexcept {
        if (to != now) steps_at_once = 0;
        clock.advance(to - now);
        now = to;
    }

    /// Something outside the loop: kernels, cables, peers. It happens whether or not the loop runs.
    void happen(Duration from_now, Actor& actor, Step step, std::uint32_t argument = 0) {
        scheduler.schedule(now + from_now, actor, step, argument);
    }

    /// Something that the loop will do when it gets to it, not before `due`.
    void wake(TimePoint due, Actor& actor, Step step, std::uint32_t argument = 0) {
        const auto tie = faults.reorder_wakeups ? static_cast<std::uint32_t>(random() >> 40U) : 0U;
        scheduler.schedule(std::max({now, due, frozen_until}) + random.up_to(faults.wakeup_delay), actor, step, argument, tie);
    }

    bool frozen() const noexcept { return now < frozen_until; }
    /// For a wakeup that comes while the loop is frozen: puts it off to the end of that, and says so.
    bool put_off(Actor& actor, Step step, std::uint32_t argument) {
        if (frozen()) scheduler.schedule(frozen_until, actor, step, argument);
        return frozen();
    }

    void note(Step step, std::uint32_t peer, std::uint64_t value = 0) { trace.note(now - ManualClock::start, step, peer, value); }

    [[noreturn]] void violate(std::uint32_t peer, const std::string& rule) {
        const ContractViolation broken{"peer " + std::to_string(peer) + ": " + rule};
        if (running && !violation) violation = broken;
        throw broken;
    }
    /// Rule 1 of the contract.
    void require_loop(std::uint32_t peer, const char* command) {
        if (other_thread) violate(peer, std::string{command} + " outside the loop");
    }
};

}  // namespace kingbolt::testing::detail
