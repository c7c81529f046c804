#pragma once
// kingbolt's metrics as a source for prometheus-cpp's own servers, beside others.

#include <kingbolt/metrics/page.hpp>

#include <prometheus/collectable.h>

#include <functional>
#include <utility>
#include <vector>

namespace kingbolt::metrics {

/// `exposer.RegisterCollectable(collector)`. `fill` writes a page, on the exposer's thread, whenever it is scraped.
class Collector final : public prometheus::Collectable {
public:
    /// `fill` is called whenever somebody scrapes.
    explicit Collector(std::function<void(Page&)> fill) : fill_{std::move(fill)} {}

    /// What prometheus-cpp asks.
    std::vector<prometheus::MetricFamily> Collect() const override {
        Page page;
        fill_(page);
        return page.take();
    }

private:
    std::function<void(Page&)> fill_;
};

}  // namespace kingbolt::metrics
