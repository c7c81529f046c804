#include <kingbolt/core/event.hpp>

#include <chrono>
#include <optional>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

TEST_CASE("each event equals its copy and differs when one field does") {
    const event::PongReceived pong{.session = {1, 1}, .rtt = 5ms, .at = TimePoint{1s}};
    CHECK(pong == event::PongReceived{pong});
    CHECK_FALSE(pong == event::PongReceived{.session = {1, 1}, .rtt = std::nullopt, .at = TimePoint{1s}});
    event::Closed closed{.session = {1, 1}, .cause = Cause::pong_timeout};
    event::Closed other = closed;
    CHECK(closed == other);
    other.bytes_in = 1;
    CHECK_FALSE(closed == other);
}

TEST_CASE("who ended a connection and how far it had come have names") {
    CHECK(to_string(EndedBy::client) == "client");
    CHECK(to_string(EndedBy::server) == "server");
    CHECK(to_string(EndedBy::network) == "network");
    CHECK(to_string(Phase::handshake) == "handshake");
    CHECK(to_string(Phase::open) == "open");
    CHECK(to_string(Phase::closing) == "closing");
}
