#pragma once
// A hub's loop as Pulse sees it: tick after tick, in virtual time.

#include <kingbolt/engine/pulse.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace kingbolt::test {

inline constexpr TimePoint pulse_start{Duration{50'000'000'000'001}};
inline constexpr Duration pulse_tick = std::chrono::milliseconds{100};

struct PulseStep {
    std::uint32_t id;
    LivenessStep step;
};

template <class Policy>
struct PulseLoop {
    explicit PulseLoop(Policy policy = {}) : pulse{policy, pulse_start} {}

    /// A session that opens as soon as it is there.
    void open(std::uint32_t id, std::uint64_t random = 0) {
        pulse.add(id, now + std::chrono::seconds{10});
        pulse.open(id, now, random);
    }
    /// Ticks until `end`, and collects what fires.
    void run_until(TimePoint end) {
        while (now + pulse_tick <= end) turn(now + pulse_tick);
    }
    void turn(TimePoint when) {
        now = when;
        lag = pulse.note_tick(now);
        pulse.advance(
            now,
            [&](std::uint32_t id, const LivenessStep& step) {
                steps.push_back({id, step});
            },
            [&](std::uint32_t id) { deadlines.push_back(id); });
    }

    engine::Pulse<Policy> pulse;
    TimePoint now = pulse_start;
    Duration lag{};
    std::vector<PulseStep> steps;
    std::vector<std::uint32_t> deadlines;
};

}  // namespace kingbolt::test
