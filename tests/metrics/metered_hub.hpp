#pragma once
// A hub of which nobody hears but its metrics.

#include "metrics/page_reader.hpp"
#include "support/catch.hpp"
#include "world.hpp"

#include <kingbolt/hub.hpp>
#include <kingbolt/metrics/hub_metrics.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace kingbolt::test {

template <class... Policies>
struct Metered {
    explicit Metered(World& w, Policies... policies)
        : world{w}, hub{world.transport(), world.clock(), Seed{1}, counted, static_cast<Policies&&>(policies)...} {}

    Client& open(testing::PeerOptions options = {}) {
        Client& client = world.connect(std::move(options));
        REQUIRE(world.until([&] { return client.is_open(); }));
        return client;
    }
    Session& session(std::uint32_t index = 0) {
        Session* const found = hub.find({.index = index, .generation = 1});
        REQUIRE(found != nullptr);
        return *found;
    }

    metrics::Page page() const {
        metrics::Page page;
        counted.write(page, hub.stats());
        return page;
    }
    double value(std::string_view name, const metrics::Labels& labels = {}) const { return test::value(page(), name, labels); }

    World& world;
    metrics::HubMetrics counted;
    Hub<Transport, testing::ManualClock&, Seed, metrics::HubMetrics&, Policies...> hub;
};

template <class... Policies>
Metered(World&, Policies&&...) -> Metered<held_t<Policies&&>...>;

}  // namespace kingbolt::test
