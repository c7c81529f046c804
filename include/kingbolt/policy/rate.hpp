#pragma once
// How often something may happen.

#include <kingbolt/core/time.hpp>

namespace kingbolt {

/// A number a second, as it is written down in options, which knows how long each takes: whoever asks for every message must not have to
/// divide for each.
class Rate {
public:
    /// Any number; whoever has it as an option says which make sense.
    constexpr Rate(double per_second) noexcept : per_second_{per_second}, interval_{interval_of(per_second)} {}

    /// A second.
    constexpr operator double() const noexcept { return per_second_; }
    /// Rounded up, so that the rate is never exceeded by rounding. Duration::max() for what is no rate, or less than one in 292 years.
    constexpr Duration interval() const noexcept { return interval_; }

private:
    static constexpr Duration interval_of(double per_second) noexcept {
        constexpr double longest = 9.2e18;  // 64 bits of nanoseconds
        const double exactly = 1e9 / per_second;
        if (!(exactly >= 0) || exactly > longest) return Duration::max();
        const auto whole = static_cast<Duration::rep>(exactly);
        return Duration{whole + (static_cast<double>(whole) < exactly ? 1 : 0)};
    }

    double per_second_;
    Duration interval_;
};

}  // namespace kingbolt
