#pragma once
// Chance from a seed: the same numbers with every compiler and library, which the distributions of `<random>` do not promise.

#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/random.hpp>

#include <cstdint>

namespace kingbolt::testing {

/// Not for several threads.
class Random : public engine::Random {
public:
    using engine::Random::Random;

    /// True in `probability` of all cases; draws nothing at 0, so that a fault which is off changes no other decision.
    constexpr bool chance(double probability) noexcept {
        return probability > 0 && static_cast<double>((*this)() >> 11U) < probability * static_cast<double>(std::uint64_t{1} << 53U);
    }

    /// 0 to `longest`, both included; draws nothing at 0.
    constexpr Duration up_to(Duration longest) noexcept {
        if (longest <= Duration::zero()) return Duration::zero();
        return Duration{static_cast<Duration::rep>(below(static_cast<std::uint64_t>(longest.count()) + 1))};
    }
};

}  // namespace kingbolt::testing
