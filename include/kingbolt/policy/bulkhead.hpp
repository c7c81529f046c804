#pragma once
// One slow service must not hold every worker: only so many calls to it at the same time.

#include <kingbolt/concepts/concurrency_limit.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <string>

namespace kingbolt {

/// As many as there are. Costs nothing.
struct NoBulkhead {
    using slot = slot::bulkhead;
    struct State {};
    static constexpr bool enter(State&) noexcept { return true; }
    static constexpr void leave(State&, Classification, Duration) noexcept {}
};

/// At most `max_concurrent`; the next one is refused at once, and does not count as a failure.
struct Bulkhead {
    using slot = slot::bulkhead;

    std::uint32_t max_concurrent = 25;  ///< 1 to 1,000,000; 25 is resilience4j's default

    struct State {
        std::atomic<std::uint32_t> running{0};
    };

    /// Throws InvalidOption.
    void validate() const {
        if (max_concurrent < 1 || max_concurrent > 1'000'000)
            throw InvalidOption{"Bulkhead.max_concurrent", std::to_string(max_concurrent), "1 to 1,000,000",
                                "use 25; force_open() of the breaker lets none pass"};
    }

    bool enter(State& state) const noexcept {
        auto running = state.running.load(std::memory_order_relaxed);
        while (running < max_concurrent)
            if (state.running.compare_exchange_weak(running, running + 1, std::memory_order_acquire, std::memory_order_relaxed))
                return true;
        return false;
    }
    static void leave(State& state, Classification, Duration) noexcept { state.running.fetch_sub(1, std::memory_order_release); }
};

/// Finds the number itself, as TCP Vegas finds its window (Brakmo, O'Malley, Peterson, SIGCOMM 1994): from how much longer calls take than
/// the fastest did it estimates how many are waiting inside the service, and lets one more or one fewer in. The thresholds, 3 and 6 times
/// log10 of the limit, are those of Netflix' concurrency-limits. A failure takes a tenth off.
struct AdaptiveBulkhead {
    using slot = slot::bulkhead;

    std::uint32_t initial = 20;  ///< min to max
    std::uint32_t min = 1;       ///< 1 to max
    std::uint32_t max = 1'000;   ///< up to 1,000,000

    struct State {
        std::mutex mutex{};
        std::uint32_t running = 0;
        double limit = 0;    ///< 0: not one call has come back
        Duration fastest{};  ///< likewise
        std::uint32_t since_probe = 0;
    };

    /// Throws InvalidOption.
    void validate() const {
        if (max < 1 || max > 1'000'000) throw InvalidOption{"AdaptiveBulkhead.max", std::to_string(max), "1 to 1,000,000", "use 1,000"};
        if (min < 1 || min > max)
            throw InvalidOption{"AdaptiveBulkhead.min", std::to_string(min), "1 to max, " + std::to_string(max), "use 1"};
        if (initial < min || initial > max)
            throw InvalidOption{"AdaptiveBulkhead.initial", std::to_string(initial),
                                "min, " + std::to_string(min) + ", to max, " + std::to_string(max), "use 20"};
    }

    bool enter(State& state) const {
        const std::lock_guard lock{state.mutex};
        if (state.running >= limit(state)) return false;
        ++state.running;
        return true;
    }

    void leave(State& state, Classification result, Duration took) const {
        const std::lock_guard lock{state.mutex};
        const auto running = state.running--;
        if (result == Classification::ignored || result == Classification::cancelled || took <= Duration::zero()) return;
        if (state.limit == 0) state.limit = initial;
        // The path may have become slower for good: from time to time the fastest is forgotten.
        if (++state.since_probe >= 30 * static_cast<std::uint32_t>(state.limit) || state.fastest == Duration::zero()) {
            state.since_probe = 0;
            state.fastest = took;
        }
        state.fastest = std::min(state.fastest, took);
        if (result == Classification::failure) {
            state.limit *= 0.9;
        } else if (running * 2 >= limit(state)) {  // a limit that nobody reaches teaches nothing
            const double waiting = state.limit * (1.0 - static_cast<double>(state.fastest.count()) / static_cast<double>(took.count()));
            const double step = std::max(1.0, std::log10(state.limit));
            if (waiting <= step)
                state.limit += 6 * step;
            else if (waiting < 3 * step)
                state.limit += step;
            else if (waiting > 6 * step)
                state.limit -= step;
        }
        state.limit = std::clamp(state.limit, static_cast<double>(min), static_cast<double>(max));
    }

    /// At present.
    std::uint32_t limit(const State& state) const noexcept { return state.limit == 0 ? initial : static_cast<std::uint32_t>(state.limit); }
};

static_assert(ConcurrencyLimit<NoBulkhead>);
static_assert(ConcurrencyLimit<Bulkhead>);
static_assert(ConcurrencyLimit<AdaptiveBulkhead>);

}  // namespace kingbolt
