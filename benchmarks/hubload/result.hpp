#pragma once
// What became of a scenario.

#include "bench/latencies.hpp"
#include "line_fit.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hubload {

/// One second of it.
struct Sample {
    double at = 0;                               ///< s since the warm-up ended, at the end of this second; 0 and less: warm-up
    std::uint64_t events = 0;                    ///< that came
    double p50 = 0, p99 = 0, p999 = 0, max = 0;  ///< ms, of those that came; without any meaning when there were none
    std::optional<std::size_t> memory{};         ///< bytes of the server; none where its process is not known, or has ended
    std::optional<double> cpu{};                 ///< percent of a core, of the server
    double own_cpu = 0;                          ///< percent of a core, of this process
};

struct Result {
    std::uint64_t due = 0;        ///< events in the schedule
    std::uint64_t published = 0;  ///< those that the server took, and said so
    std::uint64_t received = 0;   ///< by all clients together, repeated ones not counted
    std::uint64_t lost = 0, duplicates = 0, reordered = 0;
    std::uint64_t disconnects = 0;                   ///< ends that nobody asked for
    std::uint64_t reconnects = 0;                    ///< clients that left to come back, as the scenario wants it
    std::uint64_t absent = 0;                        ///< clients that were not there at the end, although they had time to come back
    std::map<std::string, std::uint64_t> reasons{};  ///< of disconnects, and of publications that the server did not take
    bench::Latencies latencies{};                    ///< of what was due after the warm-up
    bench::Latencies lag{};                          ///< by how much the generator itself was late in publishing
    std::vector<Sample> samples{};
    bool interrupted = false;

    /// Bytes over minutes after the warm-up; none where the memory is not known often enough.
    std::optional<Line> memory_line() const {
        std::vector<Point> points;
        for (const Sample& sample : samples)
            if (sample.at > 0 && sample.memory) points.push_back({sample.at / 60, static_cast<double>(*sample.memory)});
        return fit_line(points);
    }
};

}  // namespace hubload
