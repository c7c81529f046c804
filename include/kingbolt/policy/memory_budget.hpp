#pragma once
// How much may wait for all clients of a hub together, and of all of them.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>

#include <cstddef>
#include <string>

namespace kingbolt {

/// Any amount: the bounds of each Outbox are enough where there are few sessions. Costs nothing.
struct NoMemoryBudget {
    using slot = slot::memory;
};

/// Counted is what each client has yet to be sent, and what has come of its request or its messages and is not whole yet. A message that
/// waits for a thousand counts a thousand times, though it is stored once, so the count errs on the safe side. Over `shed_above` of it,
/// full queues give way as WhenFull::conflate does, and a queue counts as full from an eighth of its bounds on. Over `evict_above` the
/// sessions that take up most are closed with `hub_overloaded` at the next tick, as many as bring the count below `shed_above`; those
/// that are still in their handshake are cut.
struct MemoryBudget {
    using slot = slot::memory;

    std::size_t max_bytes = 256_MiB;  ///< 1 MiB to 1 TiB
    double shed_above = 0.80;         ///< 0.01 to `evict_above`
    double evict_above = 0.95;        ///< up to 1

    /// From here on queues give way.
    std::size_t shed_bytes() const noexcept { return static_cast<std::size_t>(static_cast<double>(max_bytes) * shed_above); }
    /// From here on the largest are closed.
    std::size_t evict_bytes() const noexcept { return static_cast<std::size_t>(static_cast<double>(max_bytes) * evict_above); }

    /// Throws InvalidOption.
    void validate() const {
        if (max_bytes < 1_MiB || max_bytes > 1024 * 1_GiB)
            throw InvalidOption{"MemoryBudget.max_bytes", std::to_string(max_bytes), "1 MiB to 1 TiB", "use NoMemoryBudget{} for no limit"};
        if (!(evict_above > 0) || evict_above > 1)
            throw InvalidOption{"MemoryBudget.evict_above", std::to_string(evict_above), "above shed_above, up to 1", "use 0.95"};
        if (!(shed_above >= 0.01) || shed_above > evict_above)
            throw InvalidOption{"MemoryBudget.shed_above", std::to_string(shed_above), "0.01 to evict_above", "use 0.80"};
    }
};

}  // namespace kingbolt
