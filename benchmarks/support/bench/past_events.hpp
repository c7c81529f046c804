#pragma once
// What the measured server keeps for clients that come back, and the load generator asks for.

#include <cstddef>

namespace bench {

inline constexpr std::size_t past_events = 128;

}  // namespace bench
