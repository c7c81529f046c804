// What goes through a hub, what waits in it, and how long that takes.

#include "metrics/metered_hub.hpp"

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

/// 1,000 bytes to a subscriber of "news" that does not read, and whose kernel's buffers are full of them soon.
struct SlowReader {
    explicit SlowReader(kb::Outbox outbox) : metered{world, outbox} {
        REQUIRE_FALSE(metered.session().subscribe("news"));
        peer.stop_reading();
    }
    void publish(int n, std::uint64_t key = 0) {
        for (int i = 0; i < n; ++i) metered.hub.publish("news", std::string(1'000, 'x'), {.key = key});
        world.run_for(200ms);
    }
    double dropped(const char* reason) const { return metered.value("kingbolt_messages_dropped_total", {{"reason", reason}}); }

    World world{{.send_buffer = 4_KiB}};
    Metered<kb::Outbox> metered;
    Client& peer = metered.open({.receive_buffer = 4_KiB});
};

}  // namespace

TEST_CASE("messages, bytes, publications, topics and subscriptions are counted") {
    World world;
    Metered metered{world};
    auto& client = metered.open();
    metered.open();
    const double before = metered.value("kingbolt_received_bytes_total");
    for (const std::uint32_t index : {0U, 1U}) REQUIRE_FALSE(metered.session(index).subscribe("news"));
    REQUIRE_FALSE(metered.session().subscribe("weather"));
    client.send_text("12345");
    metered.hub.publish("news", "all");
    world.run_for(100ms);
    CHECK(metered.value("kingbolt_messages_received_total") == 1);
    CHECK(metered.value("kingbolt_received_bytes_total") - before == 11);
    CHECK(metered.value("kingbolt_publications_total") == 1);
    CHECK(metered.value("kingbolt_messages_sent_total") == 2);
    CHECK(metered.value("kingbolt_sent_bytes_total") == 10);
    CHECK(metered.value("kingbolt_topics") == 2);
    CHECK(metered.value("kingbolt_subscriptions") == 3);
}

TEST_CASE("what waits in the outboxes is shown, and that one is half full") {
    SlowReader slow{{.max_messages = 64, .when_full = kb::WhenFull::drop_newest}};
    CHECK(slow.metered.value("kingbolt_queued_messages") == 0);
    slow.publish(28);
    const double few = slow.metered.value("kingbolt_queued_messages");
    CHECK(few > 16);
    CHECK(few <= 28);
    CHECK(slow.metered.value("kingbolt_queued_bytes") > 16'000);
    CHECK(slow.metered.value("kingbolt_queue_high_total") == 0);
    slow.publish(20);
    CHECK(slow.metered.value("kingbolt_queued_messages") == few + 20);
    CHECK(slow.metered.value("kingbolt_queue_high_total") == 1);
    slow.peer.resume_reading();
    slow.world.run_for(5s);
    CHECK(slow.metered.value("kingbolt_queued_messages") == 0);
    CHECK(slow.metered.value("kingbolt_queued_bytes") == 0);
}

TEST_CASE("the queue of one who leaves is gone with it") {
    for (const bool politely : {false, true}) {
        SlowReader slow{{}};
        slow.publish(40);
        CHECK(slow.metered.value("kingbolt_queued_messages") > 20);
        if (politely)
            slow.metered.hub.close(slow.metered.session().id());
        else
            slow.peer.reset();
        slow.world.run_for(10s);
        CHECK(slow.metered.value("kingbolt_queued_messages") == 0);
        CHECK(slow.metered.value("kingbolt_queued_bytes") == 0);
    }
}

TEST_CASE("messages that are lost are counted, those apart that a newer one has replaced") {
    SlowReader full{{.max_messages = 16, .when_full = kb::WhenFull::drop_oldest}};
    full.publish(100);
    CHECK(full.dropped("full") > 50);
    CHECK(full.dropped("conflated") == 0);
    SlowReader conflated{{.max_messages = 16, .when_full = kb::WhenFull::conflate}};
    conflated.publish(100, 7);
    CHECK(conflated.dropped("conflated") > 50);
    CHECK(conflated.dropped("full") == 0);
}

TEST_CASE("bytes of messages that have come in part are shown where there is a MemoryBudget") {
    World world;
    Metered metered{world, kb::MemoryBudget{}};
    auto& client = metered.open();
    client.send_fragment(kb::Opcode::text, "the first of two", false);
    world.run_for(200ms);
    CHECK(metered.value("kingbolt_held_bytes") > 0);
}

TEST_CASE("from publish to write: one observation for each turn that publishes, from the first publication to the last write") {
    World world;
    Metered metered{world};
    constexpr auto took = "kingbolt_publish_to_write_seconds";
    auto& client = metered.open();
    REQUIRE_FALSE(metered.session().subscribe("news"));
    client.send_text("nothing is published");
    world.run_for(1s);
    CHECK(observed(metered.page(), took) == 0);

    metered.hub.on_message([&](kb::Session&, kb::Message) {
        world.sim.jump_clock(50ms);  // before the first publication, and so not part of it
        metered.hub.publish("news", "one");
        world.sim.jump_clock(3ms);
        metered.hub.publish("news", "two");
    });
    client.send_text("go");
    world.run_for(1s);
    CHECK(observed(metered.page(), took) == 1);
    CHECK(within(metered.page(), took, 0.0025) == 0);
    CHECK(within(metered.page(), took, 0.005) == 1);

    // From where the hub was told nothing lately: its idea of the time is old, and not taken.
    world.run_for(77ms);
    metered.hub.publish("news", "three");
    world.run_for(1s);
    CHECK(observed(metered.page(), took) == 2);
    CHECK(within(metered.page(), took, 1e-5) == 1);
}

TEST_CASE("limits are counted by what was too much and what was done about it") {
    World world;
    Metered metered{world, kb::RateLimiter{.per_second = 1, .burst = 5},
                    kb::ClientLimits{
                        .control_frames_per_second = 1, .control_frame_burst = 3, .max_subscriptions = 2, .on_excess = kb::OnExcess::warn}};
    const auto exceeded = [&](const char* limit, const char* action) {
        return metered.value("kingbolt_limits_exceeded_total", {{"limit", limit}, {"action", action}});
    };
    auto& client = metered.open();
    for (int i = 0; i < 8; ++i) client.send_text("x");
    for (int i = 0; i < 5; ++i) client.ping();
    for (const char* topic : {"a", "b", "c"}) (void)metered.session().subscribe(topic);
    world.run_for(100ms);
    CHECK(exceeded("messages", "warn") == 3);
    CHECK(exceeded("control_frames", "warn") == 2);
    CHECK(exceeded("subscriptions", "warn") == 1);
    CHECK(exceeded("messages", "close") == 0);
    CHECK(exceeded("bytes", "warn") == 0);
    CHECK(metered.hub.stats().limits_exceeded == 6);
}
