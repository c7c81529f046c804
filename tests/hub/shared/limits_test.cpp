// What a client may send, and how much may wait for it.

#include "hub/rig.hpp"

#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("who sends more than its rate allows is closed with 4029 and told when to come back") {
    World world;
    Rig rig{world, kb::RateLimiter{.per_second = 0.1, .burst = 3}};
    int calls = 0;
    rig.hub.on_message([&](kb::Session&, kb::Message) { ++calls; });
    auto& other = rig.open();
    auto& client = rig.open();
    for (int i = 0; i < 5; ++i) client.send_text("x");

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::rate_limited);
    CHECK(closed.code == kb::CloseCode::rate_limited);
    CHECK(calls == 3);
    CHECK(closed.messages_in == 4);
    REQUIRE(rig.until([&] { return client.close_code().has_value(); }));
    CHECK(client.close_code() == kb::CloseCode::rate_limited);
    const std::string expected = "rate_limited after_ms=";
    REQUIRE(client.close_reason().starts_with(expected));
    // One more message is allowed 10 s after the first three.
    const int delay = std::stoi(client.close_reason().substr(expected.size()));
    CHECK(delay <= 10'000);
    CHECK(delay > 5'000);

    // Each session has its own allowance.
    other.send_text("x");
    CHECK(rig.until([&] { return calls == 4; }));
    CHECK(other.is_open());
}

TEST_CASE("pings and pongs do not count against a client's rate") {
    World world;
    Rig rig{world, kb::RateLimiter{.per_second = 0.1, .burst = 1}};
    auto& client = rig.open();
    for (int i = 0; i < 20; ++i) client.ping(std::to_string(i));
    client.pong("unsolicited");
    REQUIRE(rig.until([&] { return client.last_pong() == "19"; }));
    CHECK(client.is_open());
}

TEST_CASE("a message over the transport's limit ends its session with 1009, one that just fits does not") {
    World world{{.max_message = 1000}};
    Rig rig{world};
    rig.hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    auto& client = rig.open();
    client.send_text(std::string(1000, 'x'));
    REQUIRE(rig.until([&] { return client.received().size() == 1; }));
    client.send_text(std::string(1001, 'x'));
    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::message_too_big);
    CHECK(closed.code == kb::CloseCode::message_too_big);
    CHECK(closed.messages_in == 1);
    CHECK(rig.until([&] { return client.close_code() == kb::CloseCode::message_too_big; }));
}

TEST_CASE("a text that is not UTF-8 ends its session with 1007, and the application does not see it") {
    World world;
    Rig rig{world};
    bool seen = false;
    rig.hub.on_message([&](kb::Session&, kb::Message) { seen = true; });
    auto& client = rig.open();
    client.send_text("\xC3\x28");
    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::invalid_utf8);
    CHECK(closed.code == kb::CloseCode::invalid_payload);
    CHECK_FALSE(seen);
}

TEST_CASE("a reader that is too slow is closed with 4003 once its outbox is full, and the others never wait") {
    World world{{.send_buffer = 8_KiB}};
    Rig rig{world, kb::Outbox{.max_bytes = 64_KiB, .max_messages = 10'000}, kb::Deadlines{.close = 200ms}};
    auto& slow = rig.open({.receive_buffer = 4_KiB});
    auto& quick = rig.open();
    slow.stop_reading();
    REQUIRE_FALSE(rig.session(slow).subscribe("news"));
    REQUIRE_FALSE(rig.session(quick).subscribe("news"));

    const std::string text(1000, 'n');
    std::size_t published = 0;
    REQUIRE(rig.until([&] {
        if (quick.received().size() < published) return false;
        if (rig.hub.find(rig.id(slow)) == nullptr) return true;
        rig.hub.publish("news", text);
        ++published;
        return false;
    }));
    const auto closed = rig.closed(slow);
    CHECK(closed.cause == kb::Cause::slow_consumer);
    CHECK(closed.code == kb::CloseCode::slow_consumer);
    CHECK(closed.forced);
    CHECK(closed.queued_bytes > 32_KiB);
    CHECK(closed.queued_bytes <= 64_KiB);
    CHECK(closed.queued_messages > 32);
    CHECK(closed.write_stalled_for.has_value());
    CHECK(quick.is_open());
    CHECK(rig.journal.template count<kb::event::QueueHigh>() >= 1);
}

TEST_CASE("who reads is not slow, however much one turn brings") {
    World world;
    Rig rig{world, kb::Outbox{.max_bytes = 4_KiB, .max_messages = 16}};
    auto& client = rig.open();
    REQUIRE_FALSE(rig.session(client).subscribe("news"));
    std::vector<std::string> wanted;
    for (int i = 0; i < 100; ++i) {
        wanted.push_back(std::string(100, 'x') + std::to_string(i));
        CHECK_FALSE((i % 3 == 0 ? rig.hub.publish("news", wanted.back()) : rig.session(client).send(wanted.back())));
    }
    for (int i = 100; i < 200; ++i) {
        wanted.push_back(std::to_string(i));
        CHECK_FALSE(rig.hub.publish("news", wanted.back()));
    }
    REQUIRE(rig.until([&] { return client.received().size() == wanted.size() || client.has_ended(); }));
    CHECK(client.is_open());
    CHECK(rig.texts(client) == wanted);
    CHECK(rig.hub.stats().messages_dropped == 0);
}

TEST_CASE("a message larger than the whole outbox is dropped, and nobody is closed for it") {
    World world;
    Rig rig{world, kb::Outbox{.max_bytes = 1_KiB}};
    auto& client = rig.subscriber("news");
    rig.hub.publish("news", std::string(2000, 'x'));
    CHECK(rig.session(client).send(std::string(2000, 'x')) == kb::Errc::queue_full);
    rig.hub.publish("news", "small");

    CHECK(rig.texts(client) == std::vector<std::string>{"small"});
    const auto dropped = rig.journal.template of<kb::event::Dropped>();
    REQUIRE(dropped.size() == 2);
    CHECK(dropped[0].topic == "news");
    CHECK(dropped[0].sequence == 1);
    CHECK(dropped[1].topic.empty());
    CHECK(rig.hub.stats().messages_dropped == 2);
}
