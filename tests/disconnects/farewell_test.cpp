// Ends that are meant: who says goodbye, who answers, and who does not.

#include "laboratory.hpp"

#include <stdexcept>
#include <string>

using namespace kingbolt::test;
using kb::Confidence;
using kb::Verdict;

TEST_CASE("a client that says goodbye after it has talked is nothing to worry about") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_text("hello");
    REQUIRE(lab.notes.messages(1));
    client.send_close(1001, "leaving the page");
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::client_closed);
    CHECK(end.closed.code == kb::CloseCode::going_away);
    CHECK(end.closed.reason == "leaving the page");
}

TEST_CASE("a client that complains of the hub's messages is quoted") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_text("hello");
    client.send_close(1009, "frame exceeds limit of 1048576 bytes");
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::client_found_fault);
    CHECK(end.mentions("the client's Close frame: 1009 \"frame exceeds limit of 1048576 bytes\""));
}

TEST_CASE("a client that never answers Close is cut at the close deadline and named for it") {
    Laboratory lab{kb::Deadlines{.close = 200ms}};
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_text("hello");
    REQUIRE(lab.notes.messages(1));
    lab.hub.close(lab.notes.opened()->session, kb::CloseCode::come_back, "moving you");
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 4000);

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::close_unanswered);
    CHECK(end.closed.forced);
    CHECK(end.closed.phase == kb::Phase::closing);
    CHECK(end.mentions("closed for application_close"));
}

TEST_CASE("a client that is still sending when the hub closes gets the Close frame, not a reset") {
    Laboratory lab;
    lab.hub.on_message([](kb::Session& session, kb::Message) { session.close(kb::CloseCode::come_back, "enough"); });
    lab.start();
    auto client = WsClient::open(lab.port());
    for (int i = 0; i < 400; ++i) client.send_text(std::string(1'000, 'x'));
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 4000);
    CHECK(goodbye->close_reason() == "enough");
    for (int i = 0; i < 100; ++i) client.send_text(std::string(1'000, 'x'));
    client.send_close(4000);
    CHECK(client.finish() == Read::eof);

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::closed_by_application);
    CHECK(end.closed.messages_in == 1);
}

TEST_CASE("a reset in the middle of a conversation is the network's or a crash's doing") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_text("hello");
    REQUIRE(lab.notes.messages(1));
    client.reset();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::reset);
    CHECK(end.closed.ended_by == kb::EndedBy::network);
}

TEST_CASE("a client that vanishes without a Close frame in the middle of a conversation has gone") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_text("hello");
    REQUIRE(lab.notes.messages(1));
    client.close();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::client_gone);
    CHECK(end.closed.ended_by == kb::EndedBy::client);
}

TEST_CASE("an exception in the message handler ends that session and leaves the others alone") {
    Laboratory lab;
    lab.hub.on_message([](kb::Session& session, kb::Message message) {
        if (message.text() == "bad") throw std::invalid_argument{"unknown command"};
        session.send(message);
    });
    lab.start();
    auto good = WsClient::open(lab.port());
    auto bad = WsClient::open(lab.port());
    const auto bad_address = bad.local_address();
    bad.send_text("bad");
    const auto goodbye = bad.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 1011);
    bad.send_close(1011);
    bad.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::handler_threw);
    CHECK(end.closed.remote == bad_address);
    CHECK(end.mentions("unknown command"));

    good.send_text("still served");
    const auto echo = good.read_until(0x1);
    REQUIRE(echo);
    CHECK(echo->payload == "still served");
}

TEST_CASE("a draining server tells its clients when to come back") {
    Laboratory lab;
    lab.start();
    auto client = WsClient::open(lab.port());
    client.send_text("hello");
    REQUIRE(lab.notes.messages(1));
    lab.hub.drain({.deadline = 5s});
    const auto goodbye = client.read_until(0x8);
    REQUIRE(goodbye);
    CHECK(goodbye->close_code() == 4001);
    CHECK(goodbye->close_reason().find("after_ms=") != std::string::npos);
    client.send_close(4001);
    client.finish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::server_drained);
    CHECK_FALSE(end.closed.forced);
}
