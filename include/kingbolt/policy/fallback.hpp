#pragma once
// What to say when there is neither a live answer nor a cached one.

#include <kingbolt/concepts/slot.hpp>

namespace kingbolt {

/// The trouble itself is the answer. Costs nothing.
struct NoFallback {
    using slot = slot::fallback;
};

/// `f(const CallTrouble&)` gives the value. What it throws reaches the caller.
template <class F>
struct Fallback {
    using slot = slot::fallback;
    F f;  ///< what gives the value
};

template <class F>
Fallback(F) -> Fallback<F>;

}  // namespace kingbolt
