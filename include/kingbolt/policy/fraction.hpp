#pragma once
// From random bits to a part of one.

#include <cstdint>

namespace kingbolt::detail {

/// Uniform over [0, 1), from 64 uniform bits.
inline double fraction(std::uint64_t random) noexcept { return static_cast<double>(random >> 11U) * 0x1.0p-53; }

}  // namespace kingbolt::detail
