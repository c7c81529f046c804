#include "verdict.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

namespace hubload {
namespace {

double as_ms(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

/// With `decimals` digits behind the point; never -0.0.
std::string number(double value, int decimals) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    const std::string_view shown{text.data()};
    return std::string{shown.find_first_of("123456789") == std::string_view::npos && shown.starts_with('-') ? shown.substr(1) : shown};
}

}  // namespace

std::vector<std::string> complaints(const Limits& limits, const Result& result) {
    std::vector<std::string> found;
    const auto count = [&found](const char* what, std::uint64_t value, std::uint64_t most) {
        if (value > most) found.push_back(std::to_string(value) + ' ' + what + ", " + std::to_string(most) + " allowed");
    };
    if (result.interrupted) found.emplace_back("interrupted");
    count("disconnects", result.disconnects, limits.disconnects);
    if (result.absent > 0) found.push_back(std::to_string(result.absent) + " clients not there at the end");
    count("events lost", result.lost, limits.lost);
    count("events came twice", result.duplicates, limits.duplicates);
    count("events came out of order", result.reordered, limits.reordered);
    if (result.latencies.count() == 0) {
        found.emplace_back("no event came after the warm-up");
    } else if (const double p99 = as_ms(result.latencies.quantile(0.99)); p99 >= limits.p99_ms) {
        std::string words = "p99 of " + number(p99, 1) + " ms, less than " + number(limits.p99_ms, 1) + " allowed";
        // It counts all the same, but look at the machine before you look at the hub.
        if (const double lag = as_ms(result.lag.quantile(0.99)); lag >= limits.p99_ms / 2)
            words += "; the generator itself was late by " + number(lag, 1) + " ms";
        found.push_back(std::move(words));
    }
    if (const auto line = result.memory_line(); line && (line->slope - 2 * line->standard_error) / 1024 > limits.memory_kib_per_minute)
        found.push_back("memory grows by " + number(line->slope / 1024, 1) + " ± " + number(line->standard_error / 1024, 1) +
                        " KiB a minute, " + number(limits.memory_kib_per_minute, 1) + " allowed");
    return found;
}

std::string in_words(const Result& result) {
    const auto latency = [&](double share) { return number(as_ms(result.latencies.quantile(share)), 2); };
    std::string text = std::to_string(result.published) + " events published, " + std::to_string(result.received) + " received, " +
                       std::to_string(result.lost) + " lost, " + std::to_string(result.disconnects) + " disconnects; p50 " + latency(0.5) +
                       " ms, p99 " + latency(0.99) + " ms, max " + number(as_ms(result.latencies.max()), 2) + " ms; ";
    double cpu = 0;
    std::size_t seconds = 0, highest = 0;
    for (const Sample& sample : result.samples) {
        if (sample.at <= 0 || !sample.memory || !sample.cpu) continue;
        highest = std::max(highest, *sample.memory);
        cpu += *sample.cpu;
        ++seconds;
    }
    if (seconds == 0) return text + "the server's process is not known: its memory and CPU are not judged";
    text += "memory " + number(static_cast<double>(highest) / 1048576, 1) + " MiB";
    if (const auto line = result.memory_line())
        text += ", " + number(line->slope / 1024, 1) + " ± " + number(line->standard_error / 1024, 1) + " KiB a minute";
    return text + "; CPU " + number(cpu / static_cast<double>(seconds), 1) + " %";
}

}  // namespace hubload
