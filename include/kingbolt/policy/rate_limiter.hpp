#pragma once
// How much a peer may send.

#include <kingbolt/concepts/rate_limit.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/policy/gcra.hpp>
#include <kingbolt/policy/rate.hpp>

#include <atomic>
#include <string>

namespace kingbolt {

/// Admits everything. Costs nothing.
struct Unlimited {
    using slot = slot::rate_limit;
    struct State {};
    struct SharedState {};
    static constexpr Admission admit(State&, TimePoint, std::uint32_t = 1) noexcept { return {}; }
    static constexpr Admission admit(SharedState&, TimePoint, std::uint32_t = 1) noexcept { return {}; }
};

static_assert(RateLimit<Unlimited>);

/// At most `burst` at once, and in any T seconds never more than `burst + per_second * T`. One 64-bit word per peer.
struct RateLimiter {
    using slot = slot::rate_limit;

    Rate per_second = 50;       ///< 0.001 to 1e9
    std::uint32_t burst = 100;  ///< 1 to 1,000,000

    /// The theoretical arrival time: when the bucket would be full again.
    struct State {
        TimePoint full_at = TimePoint::min();
    };

    /// Likewise, for any thread.
    struct SharedState {
        std::atomic<TimePoint> full_at{TimePoint::min()};
        static_assert(std::atomic<TimePoint>::is_always_lock_free);
    };

    /// Throws InvalidOption.
    void validate() const {
        // Slower, and a large burst would take longer to fill than 64 bits of nanoseconds can say.
        if (!(per_second >= 0.001) || per_second > 1e9)
            throw InvalidOption{"RateLimiter.per_second", std::to_string(per_second), "0.001 to 1e9", "use Unlimited{} for no limit"};
        if (burst < 1 || burst > 1'000'000)
            throw InvalidOption{"RateLimiter.burst", std::to_string(burst), "1 to 1,000,000", "allow at least one message at once"};
    }

    /// May `n` pass at `now`? More than `burst` at once never may. A refusal changes nothing.
    Admission admit(State& state, TimePoint now, std::uint32_t n = 1) const noexcept {
        const detail::GcraStep step = try_at(state.full_at, now, n);
        if (step.admission) state.full_at = step.full_at;
        return step.admission;
    }
    /// Likewise, from any thread.
    Admission admit(SharedState& state, TimePoint now, std::uint32_t n = 1) const noexcept {
        TimePoint full_at = state.full_at.load(std::memory_order_relaxed);
        for (;;) {
            const detail::GcraStep step = try_at(full_at, now, n);
            if (!step.admission || state.full_at.compare_exchange_weak(full_at, step.full_at, std::memory_order_relaxed))
                return step.admission;
        }
    }

private:
    detail::GcraStep try_at(TimePoint full_at, TimePoint now, std::uint32_t n) const noexcept {
        if (n > burst) return {.admission = {false, Duration::max()}};
        const Duration each = per_second.interval();
        return detail::gcra(full_at, now, each * n, each * burst);
    }
};

static_assert(RateLimit<RateLimiter>);

}  // namespace kingbolt
