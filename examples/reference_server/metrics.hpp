#pragma once
// GET /metrics: the hub, its channels and the engine's breakers for Prometheus; docs/metrics.md.

#include <kingbolt/core/breaker.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/engine/channel_stats.hpp>
#include <kingbolt/engine/stats.hpp>
#include <kingbolt/metrics.hpp>

#include <span>

namespace reference_server {

/// `hub` observes the hub, `breakers` each breaker.
struct Metrics {
    kingbolt::metrics::HubMetrics hub{};
    kingbolt::metrics::BreakerMetrics breakers{};

    /// 200; another method: 405.
    kingbolt::HttpResponse answer(const kingbolt::HttpRequest& request, const kingbolt::HubStats& of_hub,
                                  const kingbolt::ChannelStats& of_channels, std::span<const kingbolt::BreakerStats> of_breakers) const;
};

}  // namespace reference_server
