#pragma once
// The only place where kingbolt asks the system for chance.

#include <kingbolt/policy/seed.hpp>

#include <cstdint>
#include <random>
#include <utility>

namespace kingbolt::detail {

/// `seed`'s value, or one of the random device's when it has none.
inline std::uint64_t seed_or_device(const Seed& seed) {
    if (seed.value != 0) return seed.value;
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

/// Words that nobody outside can guess, not even one who has seen everything else that was drawn. Of a seed, always the same.
inline std::pair<std::uint64_t, std::uint64_t> secret_words(const Seed& seed) {
    if (seed.value != 0) return {seed.value, ~seed.value};
    return {seed_or_device(seed), seed_or_device(seed)};
}

}  // namespace kingbolt::detail
