#pragma once
// Many who ask the same at the same time need one call.

#include <kingbolt/concepts/slot.hpp>

namespace kingbolt {

/// Each caller makes a call of its own. Costs nothing.
struct NoSingleFlight {
    using slot = slot::single_flight;
};

/// Concurrent calls with equal arguments share one. It is cancelled when the last of them does not wait any more, and its error reaches
/// all.
struct SingleFlight {
    using slot = slot::single_flight;
};

}  // namespace kingbolt
