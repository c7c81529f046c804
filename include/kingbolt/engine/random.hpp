#pragma once
// Reproducible chance: SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
// Not for secrets.

#include <cstdint>
#include <limits>

namespace kingbolt::engine {

class Random {
public:
    using result_type = std::uint64_t;

    explicit constexpr Random(std::uint64_t seed) noexcept : state_{seed} {}

    constexpr std::uint64_t operator()() noexcept {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }

    /// Uniform over [0, n); 0 for n = 0. The bias is below n / 2^64.
    constexpr std::uint64_t below(std::uint64_t n) noexcept { return n == 0 ? 0 : (*this)() % n; }

    static constexpr std::uint64_t min() noexcept { return 0; }
    static constexpr std::uint64_t max() noexcept { return std::numeric_limits<std::uint64_t>::max(); }

private:
    std::uint64_t state_;
};

}  // namespace kingbolt::engine
