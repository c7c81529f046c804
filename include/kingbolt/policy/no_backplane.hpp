#pragma once
// A hub that is alone: what it publishes goes to its own sessions at once, and no code for anything else is generated.

#include <kingbolt/concepts/slot.hpp>

namespace kingbolt {

struct NoBackplane {
    using slot = slot::backplane;
};

}  // namespace kingbolt
