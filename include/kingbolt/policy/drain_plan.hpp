#pragma once
// How a hub goes down without anybody noticing more than a reconnect.

#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <string>

namespace kingbolt {

struct DrainPlan {
    Duration deadline = std::chrono::seconds{10};  ///< after it what is left is cut; 100 ms to 1 h
    double reconnects_per_second = 100;            ///< clients are told delays that spread their return to this rate; above 0

    /// Throws InvalidOption.
    void validate() const {
        using namespace std::chrono_literals;
        if (deadline < 100ms || deadline > 1h)
            throw InvalidOption{"DrainPlan.deadline", std::to_string(milliseconds(deadline)) + " ms", "100 ms to 1 h",
                                "stay below what your supervisor grants before it kills"};
        if (!(reconnects_per_second > 0) || reconnects_per_second > 1e9)
            throw InvalidOption{"DrainPlan.reconnects_per_second", std::to_string(reconnects_per_second), "above 0, at most 1e9",
                                "use the accept rate that your service is sized for"};
    }
};

}  // namespace kingbolt
