#pragma once
// Finds the value that too many durations share to be chance: a configured limit shows as a spike in an otherwise even spread.

#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/text.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kingbolt::engine {

/// The longest run of values that lie close together.
struct Cluster {
    std::size_t count = 0;
    Duration low{};
    Duration high{};

    Duration centre() const noexcept { return low + (high - low) / 2; }
    Duration spread() const noexcept { return high - centre(); }
    bool contains(Duration d) const noexcept { return d >= low && d <= high; }

    /// `60.0 ± 0.5 s`
    std::string text() const {
        const int digits = centre() < std::chrono::seconds{10} ? 2 : 1;
        return decimal(seconds(centre()), digits) + " ± " + decimal(seconds(spread()), digits) + " s";
    }
};

/// How far from its centre a timer of length `d` may fire: 0.5 s, for many servers look at their timers once a second; 1 % of a
/// long one; never more than 5 %.
constexpr Duration tolerance(Duration d) noexcept { return std::max(std::min<Duration>(d / 20, std::chrono::milliseconds{500}), d / 100); }

/// Sorts `values`, all positive, and returns the largest cluster if it has `min_count` members and a quarter of all values at
/// least. Spread evenly between zero and twice the centre, no more than 5 % of them would fall into it.
inline std::optional<Cluster> densest(std::vector<Duration>& values, std::size_t min_count) {
    std::ranges::sort(values);
    Cluster best;
    for (std::size_t first = 0, last = 0; first < values.size(); ++first) {
        while (last < values.size() && values[last] - values[first] <= 2 * tolerance(values[first])) ++last;
        if (last - first > best.count) best = {last - first, values[first], values[last - 1]};
    }
    if (best.count < min_count || best.count * 4 < values.size()) return std::nullopt;
    return best;
}

}  // namespace kingbolt::engine
