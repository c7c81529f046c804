#pragma once
// Circuit breakers for Prometheus.

#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/breaker.hpp>
#include <kingbolt/metrics/page.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace kingbolt::metrics {

/// An observer, of any number of breakers, each with a name of its own; give it to them as an lvalue. Any thread. A breaker changes
/// rarely, so that a lock does not matter here.
class BreakerMetrics {
public:
    using slot = kingbolt::slot::observer;

    void operator()(const event::BreakerChanged& e) {
        const std::scoped_lock lock{mutex_};
        ++changes_[e.breaker][static_cast<std::size_t>(e.to)];
    }

    /// One of the breakers.
    void write(Page& page, const BreakerStats& stats, const Labels& labels = {}) const {
        const Labels mine = with(labels, "breaker", stats.name);
        const Changes changes = changes_of(stats.name);
        for (std::size_t i = 0; i < breaker_state_count; ++i) {
            const auto state = static_cast<BreakerState>(i);
            page.gauge("kingbolt_breaker_state", "1 for the state that the breaker is in, 0 for the others.", state == stats.state ? 1 : 0,
                       with(mine, "state", to_string(state)));
            page.counter("kingbolt_breaker_transitions_total", "Changes of the breaker's state, by the new one.", changes[i],
                         with(mine, "to", to_string(state)));
        }
        page.counter("kingbolt_breaker_failures_total", "Calls that failed.", stats.counts.failures, mine);
        page.counter("kingbolt_breaker_ignored_total", "Calls that say nothing about the service, those cancelled among them.",
                     stats.counts.ignored, mine);
        page.counter("kingbolt_breaker_rejected_total", "Calls that were not made.", stats.counts.rejected, mine);
        page.counter("kingbolt_breaker_late_results_total", "Results that came after the state had changed.", stats.counts.late_results,
                     mine);
        page.gauge("kingbolt_breaker_cached_answers", "Answers that are kept.", stats.cached, mine);
    }

private:
    using Changes = std::array<std::uint64_t, breaker_state_count>;

    Changes changes_of(const std::string& breaker) const {
        const std::scoped_lock lock{mutex_};
        const auto found = changes_.find(breaker);
        return found != changes_.end() ? found->second : Changes{};
    }

    mutable std::mutex mutex_;
    std::map<std::string, Changes> changes_;
};

static_assert(Observer<BreakerMetrics>);

}  // namespace kingbolt::metrics
