// Connections that end because of what the client sends, or because of what it does not take.

#include "laboratory.hpp"

#include <string>

using namespace kingbolt::test;
using kb::Confidence;
using kb::Verdict;
using namespace kingbolt::literals;

TEST_CASE("a message over the limit ends with 1009, and the client hears of it") {
    Laboratory lab{TransportOptions{.max_message = 1_KiB}};
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_text(std::string(2'000, 'x'));
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 1009);
    client.send_close(1009);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::message_too_big);
    CHECK(end.diagnosis.confidence == Confidence::certain);
}

TEST_CASE("reserved bits without a negotiated extension are named as that, with 1002") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port(), {.headers = {"Sec-WebSocket-Extensions: permessage-deflate"}});
    client.send({.opcode = 0x1, .payload = "squeezed", .rsv = 4});
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 1002);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::extension_mismatch);
}

TEST_CASE("an unmasked frame is a protocol error and no matter of extensions") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send({.opcode = 0x1, .payload = "bare", .masked = false});
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 1002);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::protocol_violation);
    CHECK_FALSE(end.closed.detail.empty());
}

TEST_CASE("text that is not UTF-8 ends with 1007") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_text("caf\xE9");
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 1007);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::invalid_utf8);
}

TEST_CASE("a client over its rate is told so with 4029") {
    Laboratory lab{kb::RateLimiter{.per_second = 1, .burst = 3}};
    lab.start();
    auto client = WsClient::open(lab.port());
    for (int i = 0; i < 5; ++i) client.send_text("more");
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 4029);
    client.send_close(4029);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::rate_limited);
}

TEST_CASE("a peer that talks but takes no bytes hits the write deadline") {
    Laboratory lab{TransportOptions{.send_buffer = 16_KiB}, kb::Outbox{.max_bytes = 16_MiB},
                   kb::KeepAlive{.ping_interval = 200ms, .pong_timeout = 200ms, .max_missed_pongs = 3}, kb::Deadlines{.close = 100ms}};
    lab.hub.on_open([](kb::Session& session) { session.send(std::string(8_MiB, 'x')); });
    lab.start();
    auto client = WsClient::open(lab.port(), {}, {.receive_buffer = 4096});
    // Its own messages prove that it lives; what waits for it does not move.
    while (client.socket().send(WireFrame{.payload = "still here"}.encode(), 1s) > 0 && !lab.notes.closed_within(50ms)) {
    }
    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::writer_stalled);
    CHECK(end.diagnosis.confidence == Confidence::certain);
    CHECK(end.closed.cause == kb::Cause::write_stalled);
    CHECK(end.closed.messages_in > 0);
    REQUIRE(end.closed.tcp);
    CHECK(end.closed.tcp->unsent_bytes > 0);
}

TEST_CASE("a slow reader whose queue is full is disconnected as a slow consumer") {
    Laboratory lab{TransportOptions{.send_buffer = 16_KiB}, kb::Outbox{.max_bytes = 64_KiB}, kb::Deadlines{.close = 100ms}};
    lab.hub.on_open([](kb::Session& session) { session.subscribe("news"); });
    lab.start();
    auto client = WsClient::open(lab.port(), {}, {.receive_buffer = 4096});
    REQUIRE(lab.notes.opened());
    while (!lab.notes.closed_within(5ms)) lab.hub.publish("news", std::string(16'000, 'n'));

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::slow_consumer);
    CHECK(end.closed.queued_bytes > 0);
}
