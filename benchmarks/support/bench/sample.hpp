#pragma once
// Many measurements of one thing, and what to say about them.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <vector>

namespace bench {

class Sample {
public:
    using Value = std::chrono::nanoseconds;

    void add(Value value) { values_.push_back(value); }
    std::size_t size() const noexcept { return values_.size(); }
    Value total() const noexcept { return std::accumulate(values_.begin(), values_.end(), Value{}); }

    /// The smallest value that `share` of all values do not exceed; `share` in (0, 1]. Zero without values.
    Value quantile(double share) const {
        if (values_.empty()) return {};
        auto sorted = values_;
        std::ranges::sort(sorted);
        const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()) + 0.999999);
        return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
    }

private:
    std::vector<Value> values_;
};

}  // namespace bench
