#pragma once
// What Prometheus is shown: families of metrics as of one moment, put together anew for each scrape.

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/metrics/durations.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::metrics {

/// Of one series: what tells it from the others of its family.
using Labels = std::vector<prometheus::ClientMetric::Label>;

/// Series of one name are one family, whoever adds them: those of several hubs lie side by side, told apart by their labels. Names, types
/// and labels are for who adds to choose well; `promtool check metrics` judges them.
class Page {
public:
    /// What only grows.
    void counter(std::string_view name, std::string_view help, std::convertible_to<double> auto value, Labels labels = {}) {
        add(name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value = static_cast<double>(value);
    }
    /// What goes up and down.
    void gauge(std::string_view name, std::string_view help, std::convertible_to<double> auto value, Labels labels = {}) {
        add(name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = static_cast<double>(value);
    }
    /// How many durations were how long.
    void histogram(std::string_view name, std::string_view help, const Durations& durations, Labels labels = {}) {
        add(name, help, prometheus::MetricType::Histogram, std::move(labels)).histogram = durations.collect();
    }
    /// The application's own, for instance what a prometheus::Registry collects.
    void add(std::vector<prometheus::MetricFamily> families) {
        for (prometheus::MetricFamily& added : families) {
            auto& present = family(added.name, added.help, added.type).metric;
            std::ranges::move(added.metric, std::back_inserter(present));
        }
    }

    /// In the order in which they came.
    const std::vector<prometheus::MetricFamily>& families() const noexcept { return families_; }
    /// Likewise; the page is empty afterwards.
    std::vector<prometheus::MetricFamily> take() { return std::exchange(families_, {}); }

    /// As Prometheus' text format, version 0.0.4, has it.
    std::string text() const { return prometheus::TextSerializer{}.prometheus::Serializer::Serialize(families_); }
    /// 200, with that text.
    HttpResponse response() const {
        return {.status = 200,
                .body = text(),
                .content_type = "text/plain; version=0.0.4; charset=utf-8",
                .headers = {{"Cache-Control", "no-store"}}};
    }

private:
    prometheus::MetricFamily& family(std::string_view name, std::string_view help, prometheus::MetricType type) {
        const auto found = std::ranges::find(families_, name, &prometheus::MetricFamily::name);
        if (found != families_.end()) return *found;
        return families_.emplace_back(prometheus::MetricFamily{std::string{name}, std::string{help}, type, {}});
    }
    prometheus::ClientMetric& add(std::string_view name, std::string_view help, prometheus::MetricType type, Labels labels) {
        auto& added = family(name, help, type).metric.emplace_back();
        added.label = std::move(labels);
        return added;
    }

    std::vector<prometheus::MetricFamily> families_;
};

/// As Prometheus counts time.
inline double in_seconds(Duration duration) { return std::chrono::duration<double>{duration}.count(); }

/// `labels` and one more.
inline Labels with(Labels labels, std::string name, std::string_view value) {
    labels.push_back({std::move(name), std::string{value}});
    return labels;
}

}  // namespace kingbolt::metrics
