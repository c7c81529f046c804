#pragma once
// A hub, its channels and circuit breakers for Prometheus. docs/metrics.md has every metric, alerts and a dashboard.
//
//     kb::metrics::HubMetrics counted;
//     kb::metrics::BreakerMetrics changes;
//     kb::Hub hub{server, counted};
//     kb::CircuitBreaker status{call, kb::BreakerName{"status"}, changes};
//
//     hub.on_request([&](const kb::HttpRequest&) {  // who may ask is for the application to say: see docs/metrics.md
//         kb::metrics::Page page;
//         counted.write(page, hub.stats());
//         changes.write(page, status.stats());
//         write(page, channels.stats());
//         return page.response();
//     });
//
// Everything is put together when it is asked for. An application with a prometheus::Registry of its own adds it to the page, or gives
// its prometheus::Exposer a Collector.

#include <kingbolt/metrics/breaker_metrics.hpp>
#include <kingbolt/metrics/channel_metrics.hpp>
#include <kingbolt/metrics/collector.hpp>
#include <kingbolt/metrics/hub_metrics.hpp>
#include <kingbolt/metrics/page.hpp>
