#pragma once
// A histogram of latencies: buckets 1/32 wide of their value, so that a million of them cost 15 KiB and no time.

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace load {

class Latencies {
public:
    using Duration = std::chrono::nanoseconds;

    void add(Duration latency) noexcept {
        const auto ns = static_cast<std::uint64_t>(latency.count() < 0 ? 0 : latency.count());
        ++counts_[bucket(ns)];
        ++total_;
        if (latency > max_) max_ = latency;
    }

    /// The upper bound of the bucket in which that share of all latencies ends; zero without any.
    Duration quantile(double share) const noexcept {
        std::uint64_t rank = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            if (counts_[i] > rank) return Duration{static_cast<Duration::rep>(upper_bound(i))};
            rank -= counts_[i];
        }
        return max_;
    }
    Duration max() const noexcept { return max_; }

private:
    static constexpr unsigned digits = 5;  // binary digits kept below the highest
    static constexpr std::uint64_t half = std::uint64_t{1} << digits;

    // Below 64 ns each value has its bucket; above, each power of two is cut in 32.
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

    std::array<std::uint64_t, 60 * half> counts_{};
    std::uint64_t total_ = 0;
    Duration max_{};
};

}  // namespace load
