#pragma once
// Channels for Prometheus.

#include <kingbolt/engine/channel_stats.hpp>
#include <kingbolt/metrics/page.hpp>

#include <utility>

namespace kingbolt::metrics {

inline void write(Page& page, const ChannelStats& stats, const Labels& labels = {}) {
    for (const auto& [result, count] : {std::pair{"hit", stats.history_hits}, {"miss", stats.history_misses}})
        page.counter("kingbolt_history_lookups_total", "Times that somebody asked for what it had missed; hit: it got all of it.", count,
                     with(labels, "result", result));
    page.gauge("kingbolt_channel_topics", "Topics of which channels keep something, as of the last tick.", stats.topics, labels);
}

}  // namespace kingbolt::metrics
