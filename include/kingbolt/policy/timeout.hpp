#pragma once
// How long a call may take.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <string>

namespace kingbolt {

/// As long as it takes. Costs nothing.
struct NoTimeout {
    using slot = slot::timeout;
};

/// After this a call has failed, is cancelled, and is not waited for.
struct Timeout {
    using slot = slot::timeout;

    Duration after = std::chrono::seconds{2};  ///< 1 ms to 24 h

    /// Throws InvalidOption.
    void validate() const {
        using namespace std::chrono_literals;
        if (after < 1ms || after > 24h)
            throw InvalidOption{"Timeout.after", std::to_string(milliseconds(after)) + " ms", "1 ms to 24 h", "use 2 s"};
    }
};

}  // namespace kingbolt
