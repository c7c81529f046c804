// What passes, and what each limit is exceeded by.

#include "verdict.hpp"

#include <chrono>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace hubload;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

/// 1,000 events, a millisecond each, and 60 s of memory that grows by `kib_per_minute`.
Result quiet_run(double kib_per_minute = 0) {
    Result result{.due = 1'000, .published = 1'000, .received = 1'000};
    for (int i = 0; i < 1'000; ++i) result.latencies.add(1ms);
    for (int second = -4; second <= 60; ++second) {
        // During the warm-up it grows a lot, which is not judged.
        const double kib = second <= 0 ? 5'000 + second * 1'000 : 8'000 + kib_per_minute * second / 60;
        result.samples.push_back(
            {.at = static_cast<double>(second), .events = 16, .memory = static_cast<std::size_t>(kib * 1024), .cpu = 3});
    }
    return result;
}

}  // namespace

TEST_CASE("a run without fault passes") { CHECK(complaints({}, quiet_run()).empty()); }

TEST_CASE("each limit that is exceeded is named, with what was allowed") {
    Result result = quiet_run();
    result.disconnects = 1;
    result.absent = 5;
    result.lost = 3;
    result.duplicates = 2;
    result.reordered = 4;
    CHECK(complaints({}, result) == Lines{"1 disconnects, 0 allowed", "5 clients not there at the end", "3 events lost, 0 allowed",
                                          "2 events came twice, 0 allowed", "4 events came out of order, 0 allowed"});
    result.absent = 0;
    CHECK(complaints({.disconnects = 1, .lost = 3, .duplicates = 2, .reordered = 4}, result).empty());
}

TEST_CASE("more than one event in a hundred that is late fails, one in a thousand does not") {
    Result result = quiet_run();
    result.latencies.add(300ms);
    CHECK(complaints({}, result).empty());
    for (int i = 0; i < 10; ++i) result.latencies.add(300ms);
    CHECK(complaints({}, result) == Lines{"p99 of 300.0 ms, less than 100.0 allowed"});
    CHECK(complaints({.p99_ms = 500}, result).empty());
    for (int i = 0; i < 100; ++i) result.lag.add(250ms);
    CHECK(complaints({}, result) == Lines{"p99 of 300.0 ms, less than 100.0 allowed; the generator itself was late by 250.0 ms"});
}

TEST_CASE("memory that grows after the warm-up fails, as far as the fit is sure of it") {
    const auto grown = complaints({}, quiet_run(100));
    REQUIRE(grown.size() == 1);
    CHECK(grown[0].starts_with("memory grows by 100.0 ± 0.0 KiB a minute"));
    CHECK(complaints({.memory_kib_per_minute = 101}, quiet_run(100)).empty());

    Result noisy = quiet_run(100);
    for (std::size_t i = 0; i < noisy.samples.size(); i += 2) *noisy.samples[i].memory += 1024 * 1024;
    CHECK(complaints({}, noisy).empty());
}

TEST_CASE("a run in which nothing came, or that was interrupted, does not pass") {
    Result nothing = quiet_run();
    nothing.latencies = {};
    CHECK(complaints({}, nothing) == Lines{"no event came after the warm-up"});
    Result interrupted = quiet_run();
    interrupted.interrupted = true;
    CHECK(complaints({}, interrupted) == Lines{"interrupted"});
}

TEST_CASE("a server whose process is not known is not judged by its memory, and the words say so") {
    Result result = quiet_run();
    for (Sample& sample : result.samples) sample.memory.reset(), sample.cpu.reset();
    CHECK(complaints({}, result).empty());
    CHECK(in_words(result).ends_with("the server's process is not known: its memory and CPU are not judged"));
}
