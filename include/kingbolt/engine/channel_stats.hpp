#pragma once
// What channels count. The loop writes, any thread reads.

#include <kingbolt/engine/stats.hpp>

#include <cstdint>

namespace kingbolt {

/// A snapshot. Each figure is right by itself.
struct ChannelStats {
    std::uint64_t history_hits = 0;    ///< times that somebody asked for what it had missed, and got all of it
    std::uint64_t history_misses = 0;  ///< or was told that it cannot be had: forgotten, of another epoch, or more than its outbox holds
    std::uint64_t topics = 0;          ///< of which something is kept; as of the last tick
};

namespace engine {

struct ChannelCounters {
    Counter history_hits, history_misses, topics;

    ChannelStats snapshot() const noexcept {
        return {.history_hits = history_hits.get(), .history_misses = history_misses.get(), .topics = topics.get()};
    }
};

}  // namespace engine
}  // namespace kingbolt
