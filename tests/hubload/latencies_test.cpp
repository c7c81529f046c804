// The histogram of latencies that the load generators share.

#include "bench/latencies.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include "support/catch.hpp"

using bench::Latencies;
using namespace std::chrono_literals;

namespace {

double as_double(std::chrono::nanoseconds time) { return static_cast<double>(time.count()); }

}  // namespace

TEST_CASE("a quantile is never too small, and too large by less than 1 %") {
    std::mt19937_64 random{7};
    std::vector<std::chrono::nanoseconds> values;
    Latencies latencies;
    for (int i = 0; i < 20'000; ++i) {
        // From nanoseconds to hours, evenly on a logarithmic scale.
        const auto bits = std::uniform_int_distribution<unsigned>{1, 43}(random);
        const std::chrono::nanoseconds value{std::uniform_int_distribution<std::int64_t>{0, (std::int64_t{1} << bits) - 1}(random)};
        values.push_back(value);
        latencies.add(value);
    }
    std::ranges::sort(values);
    CHECK(latencies.count() == values.size());
    for (const double share : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
        const auto exact = values[static_cast<std::size_t>(share * static_cast<double>(values.size()))];
        INFO("share " << share);
        CHECK(latencies.quantile(share) >= exact);
        CHECK(as_double(latencies.quantile(share)) <= as_double(exact) * 1.01);
    }
    CHECK(latencies.max() == values.back());
    CHECK(latencies.quantile(1) == values.back());
}

TEST_CASE("one value is every quantile, exactly") {
    for (const auto value : {0ns, 1ns, 255ns, 256ns, 1'000'003ns, std::chrono::nanoseconds{48h}, std::chrono::nanoseconds::max()}) {
        Latencies latencies;
        latencies.add(value);
        INFO(value.count());
        CHECK(latencies.quantile(0) == value);
        CHECK(latencies.quantile(0.99) == value);
        CHECK(latencies.max() == value);
    }
}

TEST_CASE("without values everything is zero, and what is negative counts as zero") {
    Latencies latencies;
    CHECK(latencies.count() == 0);
    CHECK(latencies.quantile(0.5) == 0ns);
    latencies.add(-5ns);
    CHECK(latencies.count() == 1);
    CHECK(latencies.max() == 0ns);
}

TEST_CASE("the buckets hold every value, from the shortest to the longest") {
    Latencies latencies;
    for (const auto value : {3ns, 3ns, 1'000ns, 1'000'000ns}) latencies.add(value);
    std::vector<std::pair<std::chrono::nanoseconds, std::uint64_t>> buckets;
    latencies.for_each_bucket([&](std::chrono::nanoseconds upper, std::uint64_t count) { buckets.emplace_back(upper, count); });
    REQUIRE(buckets.size() == 3);
    CHECK(buckets[0] == std::pair{3ns, std::uint64_t{2}});
    CHECK((buckets[1].first >= 1'000ns && buckets[1].first < 1'010ns));
    CHECK((buckets[2].first >= 1'000'000ns && buckets[2].first < 1'010'000ns));
}
