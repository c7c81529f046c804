#pragma once
// `1_MiB` and its siblings, so that byte options read like their documentation.

#include <cstddef>

namespace kingbolt {
inline namespace literals {

/// 1,024 bytes.
constexpr std::size_t operator""_KiB(unsigned long long n) noexcept { return static_cast<std::size_t>(n) << 10U; }
/// 1,024 KiB.
constexpr std::size_t operator""_MiB(unsigned long long n) noexcept { return static_cast<std::size_t>(n) << 20U; }
/// 1,024 MiB.
constexpr std::size_t operator""_GiB(unsigned long long n) noexcept { return static_cast<std::size_t>(n) << 30U; }

}  // namespace literals
}  // namespace kingbolt
