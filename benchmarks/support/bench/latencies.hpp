#pragma once
// A histogram of latencies, log-linear as HdrHistogram's: buckets 1/128 wide of their value, from a nanosecond to centuries, so that any
// number of them cost 58 KiB and no time.

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bench {

class Latencies {
public:
    using Duration = std::chrono::nanoseconds;

    /// A negative one counts as zero.
    void add(Duration latency) noexcept {
        latency = std::max(latency, Duration::zero());
        ++counts_[bucket(static_cast<std::uint64_t>(latency.count()))];
        ++total_;
        max_ = std::max(max_, latency);
    }

    std::uint64_t count() const noexcept { return total_; }

    /// Too large by less than 1 %: the upper bound of the bucket in which that share of all latencies ends; zero without any.
    Duration quantile(double share) const noexcept {
        std::uint64_t rank = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            if (counts_[i] > rank) return std::min(max_, Duration{static_cast<Duration::rep>(upper_bound(i))});
            rank -= counts_[i];
        }
        return max_;
    }
    Duration max() const noexcept { return max_; }

    /// Calls `visit(upper bound, count)` for each bucket that is not empty, from the shortest.
    template <class Visit>
    void for_each_bucket(Visit&& visit) const {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            if (counts_[i] != 0) visit(Duration{static_cast<Duration::rep>(upper_bound(i))}, counts_[i]);
    }

private:
    static constexpr unsigned digits = 7;  // binary digits kept below the highest
    static constexpr std::uint64_t half = std::uint64_t{1} << digits;

    // Below 256 ns each value has its bucket; above, each power of two is cut in 128.
    static constexpr std::size_t bucket(std::uint64_t ns) noexcept {
        if (ns < 2 * half) return static_cast<std::size_t>(ns);
        const auto shift = static_cast<unsigned>(std::bit_width(ns)) - digits - 1;
        return static_cast<std::size_t>(shift * half + (ns >> shift));
    }
    static constexpr std::uint64_t upper_bound(std::size_t bucket) noexcept {
        if (bucket < 2 * half) return bucket;
        const std::uint64_t shift = bucket / half - 1;
        return ((bucket - shift * half + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (65 - digits) * half> counts_{};
    std::uint64_t total_ = 0;
    Duration max_{};
};

}  // namespace bench
