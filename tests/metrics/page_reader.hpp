#pragma once
// What a page says of one series.

#include <kingbolt/metrics/page.hpp>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kingbolt::test {

/// `labels` in the order in which they were added. Throws std::out_of_range when there is none.
inline const prometheus::ClientMetric& series(const metrics::Page& page, std::string_view name, const metrics::Labels& labels) {
    for (const auto& family : page.families())
        if (family.name == name)
            for (const auto& metric : family.metric)
                if (metric.label == labels) return metric;
    throw std::out_of_range{"there is no such series of " + std::string{name}};
}

inline double value(const metrics::Page& page, std::string_view name, const metrics::Labels& labels = {}) {
    const auto& metric = series(page, name, labels);
    return metric.counter.value + metric.gauge.value;
}

/// How many of a histogram were no longer than `bound`, in seconds.
inline std::uint64_t within(const metrics::Page& page, std::string_view name, double bound) {
    for (const auto& bucket : series(page, name, {}).histogram.bucket)
        if (bucket.upper_bound >= bound) return bucket.cumulative_count;
    throw std::out_of_range{"no bucket is that long"};
}
inline std::uint64_t observed(const metrics::Page& page, std::string_view name) { return series(page, name, {}).histogram.sample_count; }

}  // namespace kingbolt::test
