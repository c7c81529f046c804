#include <kingbolt/engine/describe.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>

namespace {

namespace kb = kingbolt;
using namespace std::chrono_literals;

kb::event::Closed half_open() {
    kb::event::Closed c;
    c.session = {3, 1};
    c.cause = kb::Cause::pong_timeout;
    c.ended_by = kb::EndedBy::server;
    c.phase = kb::Phase::closing;
    c.code = kb::CloseCode::pong_timeout;
    c.reason = "pong_timeout after_ms=350";
    c.forced = true;
    c.remote = "127.0.0.1:5123";
    c.path = "/events";
    c.lived = 123'400ms;
    c.open_for = 123'300ms;
    c.since_last_byte_in = c.since_last_pong = 95s;
    c.since_last_byte_out = 5s;
    c.last_rtt = 1'234us;
    c.pings_sent = 4;
    c.missed_pongs = 3;
    c.bytes_in = 200;
    c.bytes_out = 90;
    c.messages_in = 1;
    c.tcp = kb::TcpEvidence{.unacknowledged = 3, .retransmits = 7, .since_last_ack = 95s};
    return c;
}

}  // namespace

TEST_CASE("a disconnect is one line with its cause, its evidence and its verdict") {
    CHECK(kb::describe(half_open()) ==
          "disconnected #3.1 127.0.0.1:5123 after 123.4 s cause=pong_timeout by=server phase=closing code=4002 reason=\"pong_timeout "
          "after_ms=350\" "
          "forced=yes path=\"/events\" open_for=\"123.3 s\" last_byte_in=\"95.0 s\" last_byte_out=\"5.00 s\" last_pong=\"95.0 s\" "
          "rtt=\"1.2 ms\" "
          "pings=4 missed_pongs=3 bytes=200/90 messages=1/0 unacknowledged=3 retransmits=7 verdict=half_open_peer (certain)");
}

TEST_CASE("what happened rarely is in the line when it happened") {
    auto c = half_open();
    c.error = std::make_error_code(std::errc::connection_reset);
    c.detail = "while reading";
    c.messages_dropped = 2;
    c.queued_bytes = 70;
    c.write_stalled_for = 12s;
    c.loop_lag = 2s;
    const auto line = kb::describe(c);
    for (const char* part : {"error=\"Connection reset by peer\"", "detail=\"while reading\"", "dropped=2", "queued_bytes=70",
                             "write_stalled=\"12.0 s\"", "loop_lag=\"2.00 s\""}) {
        INFO(line);
        CHECK(line.find(part) != std::string::npos);
    }
}

TEST_CASE("a connect is one line with its path and subprotocol") {
    CHECK(kb::describe(kb::event::Opened{.session = {3, 1}, .remote = "[::1]:5123", .path = "/events"}) ==
          "connected #3.1 [::1]:5123 path=\"/events\"");
    CHECK(kb::describe(kb::event::Opened{.session = {3, 1}, .remote = "[::1]:5123", .path = "/", .subprotocol = "chat"}) ==
          "connected #3.1 [::1]:5123 path=\"/\" subprotocol=\"chat\"");
}

TEST_CASE("no value that a client chooses can forge a line, a field or a colour") {
    const std::string hostile = "/a\r\nconnected #9.9 evil path=\"/\"\x1b[31m \xc2\x85 \xe2\x80\xa8 \\ \x7f" + std::string(1, '\0') + "\t";
    auto closed = half_open();
    closed.path = closed.reason = closed.detail = closed.remote = hostile;
    for (const auto& line :
         {kb::describe(closed), kb::describe(kb::event::Opened{.remote = hostile, .path = hostile, .subprotocol = hostile})}) {
        CHECK(std::ranges::all_of(line, [](char c) { return c >= ' ' && c < 0x7F; }));
        CHECK(
            line.find("path=\"/a\\x0d\\x0aconnected #9.9 evil path=\\\"/\\\"\\x1b[31m \\xc2\\x85 \\xe2\\x80\\xa8 \\\\ \\x7f\\x00\\x09\"") !=
            std::string::npos);
    }
}

TEST_CASE("a line has a bound however long a path is") {
    auto closed = half_open();
    closed.path.assign(100'000, 'x');
    CHECK(kb::describe(closed).size() < 1'000);
    CHECK(kb::describe(closed).find("xxx\"+99800 bytes") != std::string::npos);
}

TEST_CASE("durations are told in milliseconds or seconds, as precise as they are interesting") {
    using kb::engine::duration_text;
    CHECK(duration_text(0s) == "0.0 ms");
    CHECK(duration_text(540us) == "0.5 ms");
    CHECK(duration_text(450ms) == "450 ms");
    CHECK(duration_text(2'310ms) == "2.31 s");
    CHECK(duration_text(924'600ms) == "924.6 s");
    CHECK(duration_text(24h) == "86400.0 s");
}
