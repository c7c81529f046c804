// What admission costs when ten million addresses come that nobody has seen before, and what they do to the process's memory.
//
// "Caches emptied": before each 10,000 decisions the processor's caches are filled with something else; there are more sets in the table
// than decisions, so hardly one finds what another has fetched. Each address depends on the decision before, so that they do not overlap.
// One JSON object a scenario; processor time.
//
//     bench_admission [repetitions]

#include "bench/cpu_time.hpp"
#include "bench/memory.hpp"
#include "bench/sample.hpp"

#include <kingbolt/engine/random.hpp>
#include <kingbolt/policy/admission_control.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace kb = kingbolt;

constexpr std::uint64_t addresses = 10'000'000;
constexpr std::uint64_t batch = 10'000;

enum class Family { v4, v6 };

/// The n-th address, of a network and a site of its own; what is left of the bytes is chance.
kb::RemoteAddress address(Family family, std::uint64_t n, std::uint64_t chance) {
    kb::RemoteAddress result;
    const auto put = [&result](std::size_t at, std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) result.bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
    };
    if (family == Family::v4) {
        put(10, 0xFFFF, 2);
        put(12, n, 4);
    } else {
        put(0, 0x2001, 2);
        put(2, n, 4);
        put(6, chance, 8);
    }
    return result;
}

/// Something that fills the caches.
class Crowd {
public:
    void push_everything_out() {
        for (std::size_t at = 0; at < words_.size(); at += 8) ++words_[at];
    }

private:
    std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>(16 * 1024 * 1024);  // 128 MiB
};

/// `pause`: between two clients. An address is remembered for a second, so with a microsecond more are live than the table can hold.
void flood(std::string_view scenario, Family family, bool empty_caches, kb::Duration pause, Crowd& crowd) {
    const kb::AdmissionControl policy{.accepts_per_second = 1e9, .accept_burst = 1'000'000};
    kb::engine::Random random{1};
    kb::AdmissionControl::State state{policy, random(), random()};
    kb::TimePoint now{10'000h};
    std::vector<kb::RemoteAddress> admitted;
    admitted.reserve(batch);

    const std::size_t before = bench::resident_bytes();
    std::uint64_t total = 0;
    bench::Sample batches;
    for (std::uint64_t n = 0; n < addresses; n += batch) {
        if (empty_caches) crowd.push_everything_out();
        batches.add(bench::cpu_time_of([&] {
            std::uint64_t chance = random();
            for (std::uint64_t i = 0; i < batch; ++i) {
                now += pause;
                const kb::RemoteAddress from = address(family, n + i + (chance & 1), chance);
                const kb::AdmissionDecision decision = policy.on_connection(state, from, now);
                if (decision) admitted.push_back(from);
                chance = (chance << 1U) ^ decision.status;
            }
        }));
        total += admitted.size();
        for (const kb::RemoteAddress& from : admitted) policy.on_gone(state, from);
        admitted.clear();
    }
    const std::size_t after = bench::resident_bytes();
    const auto each = [](std::chrono::nanoseconds of_batch) { return static_cast<double>(of_batch.count()) / static_cast<double>(batch); };
    std::printf(
        R"({"scenario": "%.*s", "addresses": %llu, "admitted": %llu, "ns_per_decision": {"least": %.1f, "p50": %.1f, "p99": %.1f}, )"
        R"("table_bytes": %zu, "resident_growth_bytes": %lld})"
        "\n",
        static_cast<int>(scenario.size()), scenario.data(), static_cast<unsigned long long>(addresses),
        static_cast<unsigned long long>(total), each(batches.quantile(0.0)), each(batches.quantile(0.5)), each(batches.quantile(0.99)),
        state.table.bytes(), static_cast<long long>(after) - static_cast<long long>(before));
}

/// What there is no getting below: one read of as much memory, each depending on the one before.
void read_only(Crowd& crowd) {
    std::vector<std::uint64_t> table(12 * 1024 * 1024 / sizeof(std::uint64_t));
    constexpr std::size_t set_words = 256 / sizeof(std::uint64_t);
    kb::engine::Random random{1};
    std::uint64_t chance = random();
    bench::Sample batches;
    for (int round = 0; round < 100; ++round) {
        crowd.push_everything_out();
        batches.add(bench::cpu_time_of([&] {
            for (std::uint64_t i = 0; i < batch; ++i) {
                const std::uint64_t word = ++table[(chance >> 33U) % (table.size() / set_words) * set_words];
                chance = (chance + word) * 6364136223846793005ULL + 1442695040888963407ULL;
            }
        }));
    }
    const auto each = [&](double q) { return static_cast<double>(batches.quantile(q).count()) / static_cast<double>(batch); };
    std::printf(R"({"scenario": "one read of a table of that size, caches emptied", "addresses": 0, "admitted": 0, "ns_per_decision": )"
                R"({"least": %.1f, "p50": %.1f, "p99": %.1f}, "table_bytes": %zu, "resident_growth_bytes": 0})"
                "\n",
                each(0.0), each(0.5), each(0.99), table.size() * sizeof(std::uint64_t));
}

}  // namespace

int main(int argc, char** argv) {
    const int repetitions = argc > 1 ? std::atoi(argv[1]) : 1;
    Crowd crowd;
    for (int i = 0; i < repetitions; ++i) {
        flood("IPv4, 1,000 a second", Family::v4, false, 1ms, crowd);
        flood("IPv4, 1,000 a second, caches emptied", Family::v4, true, 1ms, crowd);
        flood("IPv4, 1,000,000 a second", Family::v4, false, 1us, crowd);
        flood("IPv6, 1,000 a second", Family::v6, false, 1ms, crowd);
        flood("IPv6, 1,000 a second, caches emptied", Family::v6, true, 1ms, crowd);
        read_only(crowd);
    }
}
