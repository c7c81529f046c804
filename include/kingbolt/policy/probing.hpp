#pragma once
// How a breaker that has been open finds out whether the service is back.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <string>

namespace kingbolt {

/// When half-open, `permitted` calls pass; `needed` of them must succeed to close the breaker, and one failure opens it again.
struct Probing {
    using slot = slot::probing;

    unsigned permitted = 1;  ///< 1 to 15
    unsigned needed = 1;     ///< 1 to `permitted`
    Duration lease = std::chrono::seconds{
        30};  ///< 1 s to 24 h: a probe without a result is given up after this long; never less than the call's Timeout and a second more

    /// Throws InvalidOption.
    void validate() const {
        using namespace std::chrono_literals;
        if (permitted < 1 || permitted > 15)
            throw InvalidOption{"Probing.permitted", std::to_string(permitted), "1 to 15",
                                "use 1: one call is enough to see whether the service is back"};
        if (needed < 1 || needed > permitted)
            throw InvalidOption{"Probing.needed", std::to_string(needed), "1 to permitted, " + std::to_string(permitted),
                                "more successes than calls are permitted can never come: raise permitted or lower needed"};
        if (lease < 1s || lease > 24h)
            throw InvalidOption{"Probing.lease", std::to_string(milliseconds(lease)) + " ms", "1 s to 24 h", "use 30 s"};
    }
};

}  // namespace kingbolt
