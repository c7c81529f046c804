// The original complaint: 101, then gone. Everything that ends a connection before it has said a word, over real sockets.

#include "laboratory.hpp"

#include <stdexcept>

using namespace kingbolt::test;
using kb::Confidence;
using kb::Verdict;

TEST_CASE("a client whose handler returns closes right after the upgrade") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_close(1000);
    const auto answer = client.read_until(0x8);
    REQUIRE(answer);
    CHECK(answer->close_code() == 1000);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::client_closed_at_once);
    CHECK(end.closed.cause == kb::Cause::client_close);
    CHECK(end.closed.ended_by == kb::EndedBy::client);
    CHECK(end.mentions("the client's Close frame: 1000"));
}

TEST_CASE("a client that drops its connection right after the upgrade ends the stream without a Close frame") {
    Laboratory lab;
    lab.start();
    WsClient::open(lab.port()).close();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::client_left_at_once);
    CHECK(end.closed.cause == kb::Cause::eof_without_close);
    CHECK(end.closed.messages_in == 0);
}

TEST_CASE("a peer that closes its socket without reading resets the connection right after the upgrade") {
    Laboratory lab;
    lab.hub.on_open([](kb::Session& session) { session.send("welcome"); });
    lab.start();
    WsClient client{lab.port()};
    client.send_raw(WsClient::upgrade_request({}));
    REQUIRE(lab.notes.opened());
    REQUIRE(client.socket().wait_unread(100));
    client.close();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::closed_without_reading);
    CHECK(end.closed.ended_by == kb::EndedBy::network);
}

TEST_CASE("a browser refuses a 101 that selects none of the subprotocols it offered") {
    Laboratory lab;
    lab.start();
    WsClient client{lab.port()};
    const auto response = client.handshake({.subprotocols = "events.v2, events.v1"});
    REQUIRE(response.status == 101);
    REQUIRE(response.header("Sec-WebSocket-Protocol").empty());
    client.close();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::subprotocol_not_selected);
    CHECK(end.mentions("2 subprotocols offered, none selected"));
}

TEST_CASE("a subprotocol that the client did not offer is the server's fault, answered with 500") {
    Laboratory lab;
    lab.hub.on_upgrade([](const kb::UpgradeRequest&) { return kb::UpgradeResponse::accept("events.v9"); });
    lab.start();
    WsClient client{lab.port()};
    CHECK(client.handshake({.subprotocols = "events.v1"}).status == 500);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::unoffered_subprotocol);
    CHECK(end.closed.phase == kb::Phase::handshake);
    CHECK(end.closed.ended_by == kb::EndedBy::server);
}

TEST_CASE("an application that closes in its own open handler is named, not the client") {
    Laboratory lab;
    lab.hub.on_open([](kb::Session& session) { session.close(kb::CloseCode::do_not_come_back, "not today"); });
    lab.start();
    auto client = WsClient::open(lab.port());
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 4500);
    client.send_close(4500);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::closed_in_open_handler);
    CHECK(end.mentions("the hub's Close frame: 4500 \"not today\""));
}

TEST_CASE("an exception in the open handler closes that session with 1011 and says what it was") {
    Laboratory lab;
    lab.hub.on_open([](kb::Session&) { throw std::runtime_error{"no such agent"}; });
    lab.start();
    auto client = WsClient::open(lab.port());
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 1011);
    client.send_close(1011);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::handler_threw);
    CHECK(end.mentions("no such agent"));
}

TEST_CASE("a connection that never asks for an upgrade ends at the handshake deadline") {
    Laboratory lab{kb::Deadlines{.handshake = 100ms}};
    lab.start();
    WsClient client{lab.port()};
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::handshake_timed_out);
    CHECK(end.mentions("0 bytes came"));
}

TEST_CASE("a health check that connects and leaves is no failure of the upgrade") {
    Laboratory lab;
    lab.start();
    WsClient{lab.port()}.close();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::left_before_upgrade);
}

TEST_CASE("when most connections die right after the upgrade the patterns say so and name the commonest way") {
    Laboratory lab;
    lab.start();
    for (std::size_t i = 0; i < 6; ++i) {
        WsClient client{lab.port()};
        REQUIRE(client.handshake({.subprotocols = i < 4 ? "events.v1" : ""}).status == 101);
        client.close();
        REQUIRE(lab.notes.closed(i + 1));
    }
    lab.stop();
    const auto found = lab.patterns.patterns();
    REQUIRE(found.size() == 1);
    INFO(found[0].text);
    CHECK(found[0].kind == kb::PatternKind::died_after_upgrade);
    CHECK(found[0].count == 6);
    CHECK(found[0].subject == "subprotocol_not_selected");
}
