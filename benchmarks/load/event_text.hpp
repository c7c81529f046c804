#pragma once
// A message like those that are worth compressing: behind its stamp a state of some agents, as JSON.

#include "bench/stamp.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace load {

/// `size` bytes, Stamp::size or more. No two are alike, and each resembles itself as much as such events do.
inline std::string event_text(const bench::Stamp& stamp, std::size_t size) {
    std::string message = bench::stamped(stamp, bench::Stamp::size);
    std::uint64_t chance = stamp.number;
    const auto below = [&chance](std::uint64_t limit) {
        chance = chance * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX
        return (chance >> 33U) % limit;
    };
    while (message.size() < size)
        message += R"({"agent":"agent-)" + std::to_string(below(1000)) + R"(","state":")" + (below(4) == 0 ? "idle" : "busy") +
                   R"(","cpu":0.)" + std::to_string(below(1000)) + R"(,"memory":)" + std::to_string(below(1'000'000'000)) + "},";
    message.resize(size);
    return message;
}

}  // namespace load
