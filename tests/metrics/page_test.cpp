// Breakers, channels, and how all of it is put on one page.

#include "channels/channel_rig.hpp"
#include "metrics/metered_hub.hpp"

#include <kingbolt/circuit_breaker.hpp>
#include <kingbolt/metrics.hpp>

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <stdexcept>
#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("a breaker's state, changes and calls") {
    kb::testing::ManualClock clock;
    kb::metrics::BreakerMetrics changes;
    bool fails = true;
    kb::CircuitBreaker breaker{[&] {
                                   if (fails) throw std::runtime_error{"it fails"};
                                   return 7;
                               },
                               kb::BreakerName{"status"}, kb::ConsecutiveFailures{.threshold = 2, .open_for = 10s}, clock, changes};
    const auto page = [&] {
        kb::metrics::Page made;
        changes.write(made, breaker.stats());
        return made;
    };
    const auto is = [&](const char* state) { return value(page(), "kingbolt_breaker_state", {{"breaker", "status"}, {"state", state}}); };
    const auto became = [&](const char* to) {
        return value(page(), "kingbolt_breaker_transitions_total", {{"breaker", "status"}, {"to", to}});
    };
    const auto counted = [&](const std::string& what) { return value(page(), "kingbolt_breaker_" + what, {{"breaker", "status"}}); };
    CHECK(is("closed") == 1);
    CHECK(is("open") == 0);
    CHECK(became("open") == 0);
    for (int i = 0; i < 5; ++i) breaker();
    CHECK(is("closed") == 0);
    CHECK(is("open") == 1);
    CHECK(became("open") == 1);
    CHECK(counted("failures_total") == 2);
    CHECK(counted("rejected_total") == 3);
    fails = false;
    clock.advance(11s);
    breaker();
    CHECK(is("closed") == 1);
    CHECK(became("half_open") == 1);
    CHECK(became("closed") == 1);

    auto late = breaker.acquire();
    auto cancelled = breaker.acquire();
    cancelled.settle(kb::Classification::cancelled);
    CHECK(counted("ignored_total") == 1);
    breaker.force_open();
    late.fail();
    CHECK(counted("late_results_total") == 1);
    CHECK(is("forced_open") == 1);
}

TEST_CASE("the answers that a breaker keeps") {
    kb::testing::ManualClock clock;
    kb::metrics::BreakerMetrics changes;
    kb::CircuitBreaker breaker{[](int n) { return n; }, kb::BreakerName{"square"}, kb::StaleCache{}, clock, changes};
    for (int n = 0; n < 3; ++n) breaker(n);
    kb::metrics::Page page;
    changes.write(page, breaker.stats());
    CHECK(value(page, "kingbolt_breaker_cached_answers", {{"breaker", "square"}}) == 3);
}

TEST_CASE("what channels were asked for of the past, and whether they had it") {
    World world;
    ChannelRig<kb::Outbox> rig{world, {.history = {.events = 3}}, kb::Outbox{.max_messages = 4}};
    const auto counted = [&](const char* name, const kb::metrics::Labels& labels) {
        kb::metrics::Page page;
        write(page, rig.channels.stats());
        return value(page, name, labels);
    };
    const auto lookups = [&](const char* result) { return counted("kingbolt_history_lookups_total", {{"result", result}}); };
    for (int i = 1; i <= 5; ++i) rig.publish("a", i);
    auto& client = rig.open();
    rig.ask(client, R"({"type":"subscribe","topic":"a"})");
    CHECK(lookups("hit") == 0);
    CHECK(lookups("miss") == 0);
    rig.ask(client, R"({"type":"subscribe","topic":"a","epoch":"k","seq":3})");
    CHECK(lookups("hit") == 1);
    rig.ask(client, R"({"type":"subscribe","topic":"a","epoch":"k","seq":1})");
    CHECK(lookups("miss") == 1);
    rig.ask(client, R"({"type":"hello","subs":[{"topic":"a","epoch":"k","seq":4},{"topic":"c","epoch":"other","seq":4},{"topic":"b"}]})");
    CHECK(lookups("hit") == 2);
    CHECK(lookups("miss") == 2);
    world.run_for(1s);
    CHECK(counted("kingbolt_channel_topics", {}) == 1);
}

TEST_CASE("a past that does not fit into the client's outbox is a miss") {
    World world;
    ChannelRig<kb::Outbox> rig{world, {}, kb::Outbox{.max_messages = 4}};
    for (int i = 1; i <= 5; ++i) rig.publish("a", i);
    rig.ask(rig.open(), R"({"type":"subscribe","topic":"a","epoch":"k","seq":0})");
    CHECK(rig.channels.stats().history_misses == 1);
    CHECK(rig.channels.stats().history_hits == 0);
}

TEST_CASE("several hubs are one family each, told apart by their labels") {
    World world, another;
    Metered one{world};
    Metered two{another};
    one.open();
    kb::metrics::Page page;
    one.counted.write(page, one.hub.stats(), {{"hub", "one"}});
    const std::size_t families = page.families().size();
    two.counted.write(page, two.hub.stats(), {{"hub", "two"}});
    CHECK(page.families().size() == families);
    CHECK(value(page, "kingbolt_upgrades_total", {{"hub", "one"}}) == 1);
    CHECK(value(page, "kingbolt_upgrades_total", {{"hub", "two"}}) == 0);
    CHECK(value(page, "kingbolt_connections", {{"hub", "one"}, {"state", "open"}}) == 1);
    const std::string text = page.text();
    const std::string type = "# TYPE kingbolt_upgrades_total counter\n";
    REQUIRE(text.find(type) != std::string::npos);
    CHECK(text.find(type, text.find(type) + 1) == std::string::npos);
}

TEST_CASE("an application's own metrics stand on the same page, and a page is a source for prometheus-cpp's servers") {
    prometheus::Registry registry;
    prometheus::BuildCounter().Name("orders_total").Help("Orders.").Register(registry).Add({{"kind", "new"}}).Increment(3);
    World world;
    Metered metered{world};
    const kb::metrics::Collector collector{[&](kb::metrics::Page& page) {
        page.add(registry.Collect());
        metered.counted.write(page, metered.hub.stats());
    }};
    const prometheus::Collectable& source = collector;
    kb::metrics::Page page;
    page.add(source.Collect());
    CHECK(value(page, "orders_total", {{"kind", "new"}}) == 3);
    CHECK(value(page, "kingbolt_upgrades_total") == 0);
}

TEST_CASE("a page answers a scrape as Prometheus expects it, and odd labels cannot break out of their quotes") {
    kb::metrics::Page page;
    page.gauge("answer", "The answer.", 42, {{"from", "a \"deep\"\nthought\\"}});
    const kb::HttpResponse response = page.response();
    CHECK(response.status == 200);
    CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(response.body == "# HELP answer The answer.\n# TYPE answer gauge\nanswer{from=\"a \\\"deep\\\"\\nthought\\\\\"} 42\n");
}
