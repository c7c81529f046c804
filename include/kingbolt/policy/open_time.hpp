#pragma once
// How long a breaker stays open: a rule's `open_for` at first, longer with each probe that fails, if so wished.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/policy/fraction.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>

namespace kingbolt {

/// Throws InvalidOption when a rule's `open_for` is out of its range.
inline void check_open_for(const char* option, Duration open_for) {
    using namespace std::chrono_literals;
    if (open_for < 1ms || open_for > 720h)
        throw InvalidOption{option, std::to_string(milliseconds(open_for)) + " ms", "1 ms to 30 days",
                            "use 5 min, or what the service needs to restart"};
}

/// Without growth every opening lasts as long as the rule says. `growth` 2, `cap` 1 h and `jitter` 0.1 spare a service that is down
/// for long, and keep many breakers from probing it at the same moment.
struct OpenTime {
    using slot = slot::open_time;

    double growth = 1.0;                   ///< 1 to 10: the factor for each probe that failed since the breaker was closed
    Duration cap = std::chrono::hours{1};  ///< 1 ms to 30 days: growth ends here; an `open_for` above it stays as it is
    double jitter = 0.0;                   ///< 0 to 0.5: the share by which an opening may be longer or shorter, after the cap

    /// Throws InvalidOption.
    void validate() const {
        if (!(growth >= 1.0 && growth <= 10.0))
            throw InvalidOption{"OpenTime.growth", std::to_string(growth), "1 to 10", "use 1 for none, or 2"};
        check_open_for("OpenTime.cap", cap);
        if (!(jitter >= 0.0 && jitter <= 0.5))
            throw InvalidOption{"OpenTime.jitter", std::to_string(jitter), "0 to 0.5", "use 0 for none, or 0.1"};
    }

    /// After `reopenings` probes that failed; `random` is uniform over 64 bits.
    Duration length(Duration open_for, unsigned reopenings, std::uint64_t random) const noexcept {
        const auto first = static_cast<double>(open_for.count());
        const double grown = std::min(first * std::pow(growth, reopenings), std::max(first, static_cast<double>(cap.count())));
        return Duration{static_cast<Duration::rep>(grown * (1.0 + jitter * (2.0 * detail::fraction(random) - 1.0)))};
    }
};

}  // namespace kingbolt
