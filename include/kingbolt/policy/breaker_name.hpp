#pragma once
// What a breaker is called in events, logs and metrics.

#include <kingbolt/concepts/slot.hpp>

#include <string>

namespace kingbolt {

/// What events and figures call a breaker.
struct BreakerName {
    using slot = slot::breaker_name;
    std::string name = "breaker";
};

}  // namespace kingbolt
