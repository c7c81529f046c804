#pragma once
// Where the hub's chance comes from: ping phases, nonces, come-back delays. Two hubs with one seed and one history do the same.

#include <kingbolt/concepts/slot.hpp>

#include <cstdint>

namespace kingbolt {

struct Seed {
    using slot = slot::seed;

    std::uint64_t value = 0;  ///< 0: taken from the system's random device when the hub is made
};

}  // namespace kingbolt
