// Connections that die of silence, real or supposed: time-outs of the client, of the hub, and of what lies between them.

#include "idle_proxy.hpp"
#include "laboratory.hpp"

#include <thread>
#include <vector>

using namespace kingbolt::test;
using kb::Confidence;
using kb::Verdict;

namespace {

/// Gives a peer up within a second.
constexpr kb::KeepAlive brisk{.ping_interval = 300ms, .pong_timeout = 200ms, .max_missed_pongs = 3};
constexpr kb::Deadlines short_deadlines{.close = 100ms};

/// Answers pings until no message has come for `deadline`, then drops the connection: a client whose read deadline is set when
/// a message is read, and nowhere else.
void read_with_deadline(WsClient& client, Patience deadline) {
    auto end = WaitClock::now() + deadline;
    while (WaitClock::now() < end) {
        const auto frame = client.read_frame(std::chrono::ceil<Patience>(end - WaitClock::now()));
        if (!frame) continue;
        if (frame->opcode == 0x9) client.send_pong(frame->payload);
        if (frame->opcode == 0x1) end = WaitClock::now() + deadline;
    }
    client.close();
}

}  // namespace

TEST_CASE("a client whose read deadline is not extended by control frames leaves while it still answers pings") {
    Laboratory lab{kb::KeepAlive{.ping_interval = 100ms, .pong_timeout = 100ms}};
    lab.hub.on_open([](kb::Session& session) { session.send("welcome"); });
    lab.start();
    auto client = WsClient::open(lab.port());
    read_with_deadline(client, 1s);

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::read_deadline_ignores_pongs);
    CHECK(end.diagnosis.confidence == Confidence::likely);
    CHECK(end.closed.since_last_pong < 500ms);
    CHECK(end.closed.since_last_message_out >= 980ms);
}

TEST_CASE("a client without a read loop starves control frames: its kernel acknowledges pings that nobody answers") {
    Laboratory lab{brisk, short_deadlines};
    lab.start();
    auto client = WsClient::open(lab.port());

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::peer_not_reading);
    CHECK(end.diagnosis.confidence == Confidence::likely);
    CHECK(end.closed.cause == kb::Cause::pong_timeout);
    CHECK(end.closed.forced);
    CHECK(end.closed.pings_sent >= 3);
    CHECK(end.mentions("0 segments unacknowledged"));
    CHECK(end.mentions("last pong never"));
    // The pings wait in the client's kernel.
    const auto ping = client.read_frame();
    REQUIRE(ping);
    CHECK(ping->opcode == 0x9);
}

TEST_CASE("a client whose read loop stops is told apart from one that never read") {
    Laboratory lab{brisk, short_deadlines};
    lab.start();
    auto client = WsClient::open(lab.port());
    const auto ping = client.read_until(0x9);
    REQUIRE(ping);
    client.send_pong(ping->payload);
    REQUIRE(lab.notes.pongs(1));

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::peer_not_reading);
    CHECK(end.closed.since_last_pong > 300ms);
    CHECK(end.closed.last_rtt);
}

TEST_CASE("a half-open peer acknowledges nothing: writes succeed, and only the missing pongs tell") {
    Laboratory lab{brisk, short_deadlines};
    lab.start();
    auto client = WsClient::open(lab.port());
    const auto ping = client.read_until(0x9);
    REQUIRE(ping);
    client.send_pong(ping->payload);
    REQUIRE(lab.notes.pongs(1));
    client.vanish();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::half_open_peer);
    CHECK(end.diagnosis.confidence == Confidence::certain);
    CHECK(end.closed.cause == kb::Cause::pong_timeout);
    CHECK_FALSE(end.closed.error);
    REQUIRE(end.closed.tcp);
    CHECK(end.closed.tcp->unacknowledged > 0);
    CHECK(end.closed.tcp->retransmits > 0);
}

TEST_CASE("connections through an idle proxy die at one and the same silence, which names the proxy and the cure") {
    Laboratory lab{kb::NoKeepAlive{}};
    lab.start();
    IdleProxy proxy{lab.port(), 2s};
    std::vector<WsClient> clients;
    for (std::size_t i = 1; i <= 6; ++i) {
        clients.push_back(WsClient::open(proxy.port()));
        clients.back().send_text("hello");
        REQUIRE(lab.notes.messages(i));
        std::this_thread::sleep_for(120ms);  // the proxy meets them at different times, as it would
    }
    REQUIRE(lab.notes.closed(6));
    lab.stop();

    const auto end = lab.end();
    INFO(end.story);
    CHECK(end.diagnosis.verdict == Verdict::idle_proxy);
    CHECK(end.diagnosis.confidence == Confidence::possible);

    const auto found = lab.patterns.patterns();
    REQUIRE(found.size() == 1);
    INFO(found[0].text);
    CHECK(found[0].kind == kb::PatternKind::idle_proxy);
    CHECK(found[0].count == 6);
    CHECK(found[0].centre >= 1900ms);  // the proxy hears a byte before the hub does
    CHECK(found[0].text.find("an idle proxy; set ping_interval below 1.6 s") != std::string::npos);

    const auto together = lab.patterns.diagnose(end.closed);
    CHECK(together.verdict == Verdict::idle_proxy);
    CHECK(together.confidence == Confidence::certain);
}

TEST_CASE("a ping interval below the proxy's limit keeps the connection") {
    Laboratory lab{kb::KeepAlive{.ping_interval = 200ms, .pong_timeout = 200ms}};
    lab.start();
    IdleProxy proxy{lab.port(), 600ms};
    auto client = WsClient::open(proxy.port());
    for (std::size_t n = 1; n <= 6; ++n) {
        const auto ping = client.read_until(0x9);
        REQUIRE(ping);
        client.send_pong(ping->payload);
        REQUIRE(lab.notes.pongs(n));
    }
}
