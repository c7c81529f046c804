#pragma once
// Durations in buckets, from 10 µs to 10 s: what Prometheus calls a histogram.

#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/stats.hpp>

#include <prometheus/client_metric.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace kingbolt::metrics {

/// One thread adds, any thread collects: prometheus::Histogram takes a lock for each observation, this one increments two numbers.
class Durations {
public:
    /// The upper end of each bucket, itself included.
    static constexpr std::array<Duration, 19> bounds = [] {
        std::array<Duration, 19> all{};
        std::size_t i = 0;
        for (Duration decade = std::chrono::microseconds{10}; i < all.size(); decade *= 10)
            for (const int quarters : {4, 10, 20})
                if (i < all.size()) all[i++] = decade * quarters / 4;
        return all;
    }();

    /// One thread at a time. A negative one counts as the shortest.
    void add(Duration duration) noexcept {
        const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(bounds, duration) - bounds.begin());
        counts_[bucket].add();
        sum_.add(static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count()));
    }

    /// Any thread; in seconds, buckets as Prometheus adds them up.
    prometheus::ClientMetric::Histogram collect() const {
        prometheus::ClientMetric::Histogram all;
        for (std::size_t i = 0; i < bounds.size(); ++i) {
            all.sample_count += counts_[i].get();
            all.bucket.push_back({all.sample_count, std::chrono::duration<double>{bounds[i]}.count()});
        }
        all.sample_count += counts_[bounds.size()].get();
        all.sample_sum = static_cast<double>(sum_.get()) / 1e9;
        return all;
    }

private:
    std::array<engine::Counter, bounds.size() + 1> counts_{};
    engine::Counter sum_{};
};

static_assert(Durations::bounds.front() == std::chrono::microseconds{10} && Durations::bounds.back() == std::chrono::seconds{10});

}  // namespace kingbolt::metrics
