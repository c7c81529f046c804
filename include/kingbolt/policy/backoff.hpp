#pragma once
// How long to wait before the next attempt, so that clients which failed together do not come back together.
// Formulas: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.

#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/policy/fraction.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>

namespace kingbolt {

/// Worked model: Backoff. `next` is given 64 uniform random bits; a fresh State begins with the shortest pause.
template <class B>
concept Pauses = requires(const B& backoff, typename B::State& state, std::uint64_t random) {
    { backoff.next(state, random) } -> std::same_as<Duration>;
    backoff.validate();
};

namespace detail {

inline void check_pauses(const std::string& name, Duration base, Duration cap) {
    using namespace std::chrono_literals;
    if (base < 1ms || base > 1h)
        throw InvalidOption{name + ".base", std::to_string(milliseconds(base)) + " ms", "1 ms to 1 h", "use 100 ms"};
    if (cap < base || cap > 24h)
        throw InvalidOption{name + ".cap", std::to_string(milliseconds(cap)) + " ms",
                            "base, " + std::to_string(milliseconds(base)) + " ms, to 24 h", "use 10 s"};
}

}  // namespace detail

/// Decorrelated jitter: min(cap, uniform from base to 3 × the pause before).
struct Backoff {
    struct State {
        Duration previous{};
    };

    Duration base = std::chrono::milliseconds{100};  ///< 1 ms to 1 h
    Duration cap = std::chrono::seconds{10};         ///< base to 24 h

    /// Throws InvalidOption.
    void validate() const { detail::check_pauses("Backoff", base, cap); }

    /// The next pause. `random`: 64 uniform bits.
    Duration next(State& state, std::uint64_t random) const noexcept { return next_at(state, detail::fraction(random)); }
    /// `part`: 0, for the shortest pause, to 1.
    Duration next_at(State& state, double part) const noexcept {
        const auto low = static_cast<double>(base.count());
        const double high = std::max(low, 3.0 * static_cast<double>(std::max(state.previous, base).count()));
        const double pause = std::min(low + part * (high - low), static_cast<double>(cap.count()));
        return state.previous = Duration{static_cast<Duration::rep>(pause)};
    }
};

/// base × 2^n up to the cap, then shorter by up to `jitter` of itself: jitter before the cap would let all that reached it wait equally
/// long.
struct ExponentialBackoff {
    struct State {
        unsigned attempts = 0;
    };

    Duration base = std::chrono::milliseconds{100};  ///< 1 ms to 1 h
    Duration cap = std::chrono::seconds{10};         ///< base to 24 h
    double jitter = 0.5;                             ///< 0 to 1

    /// Throws InvalidOption.
    void validate() const {
        detail::check_pauses("ExponentialBackoff", base, cap);
        if (!(jitter >= 0.0 && jitter <= 1.0))
            throw InvalidOption{"ExponentialBackoff.jitter", std::to_string(jitter), "0 to 1", "use 0.5"};
    }

    /// The next pause. `random`: 64 uniform bits.
    Duration next(State& state, std::uint64_t random) const noexcept {
        Duration pause = base;
        for (unsigned i = 0; i < state.attempts && pause < cap; ++i) pause *= 2;
        pause = std::min(pause, cap);
        ++state.attempts;
        return Duration{static_cast<Duration::rep>(static_cast<double>(pause.count()) * (1.0 - jitter * detail::fraction(random)))};
    }
};

static_assert(Pauses<Backoff>);
static_assert(Pauses<ExponentialBackoff>);

}  // namespace kingbolt
