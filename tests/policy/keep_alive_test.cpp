// Pings and pongs. What a stall of the loop or of a write changes is in keep_alive_stall_test.cpp.

#include <kingbolt/policy/keep_alive.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "policy/keep_alive_script.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;
using test::KeepAliveScript;

static_assert(KeepAlive{}.ping_interval == 30s);
static_assert(KeepAlive{}.pong_timeout == 10s);
static_assert(KeepAlive{}.max_missed_pongs == 3);

TEST_CASE("the first ping comes within one interval of the opening, wherever chance puts it") {
    KeepAliveScript earliest{{}, 0};
    CHECK(earliest.policy.due(earliest.state) == earliest.now);
    KeepAliveScript middle{{}, test::phase(0.5)};
    CHECK(middle.policy.due(middle.state) == middle.now + 15s);
    KeepAliveScript latest{{}, std::numeric_limits<std::uint64_t>::max()};
    CHECK(latest.policy.due(latest.state) < latest.now + 30s);
    CHECK(latest.policy.due(latest.state) > latest.now + 29'999ms);
}

TEST_CASE("first pings are spread uniformly over one interval") {
    std::mt19937_64 random{1};
    std::array<int, 30> in_second{};
    for (int n = 0; n < 30'000; ++n) {
        const KeepAliveScript script{{}, random()};
        const auto wait = script.policy.due(script.state) - script.now;
        ++in_second.at(static_cast<std::size_t>(wait / 1s));
    }
    // 1,000 expected in each second, standard deviation 31.
    for (const int sessions : in_second) {
        CHECK(sessions > 850);
        CHECK(sessions < 1150);
    }
}

TEST_CASE("the phase of the first ping is kept, however late the ticks are") {
    std::mt19937_64 random{2};
    KeepAliveScript script{{}, test::phase(0.25)};
    const TimePoint first = script.now + 7'500ms;
    int pings = 0;
    while (pings < 200) {
        const TimePoint due = script.policy.due(script.state);
        const LivenessStep step = script.at(due + Duration{static_cast<Duration::rep>(random() % 100'000'000)});
        if (!step.send_ping) continue;
        REQUIRE((due - first) % 30s == 0s);
        REQUIRE(script.now - due < 100ms);
        script.pong(script.ping());
        ++pings;
    }
    CHECK((script.now - first) / 30s == 199);
}

TEST_CASE("a ping carries 8 bytes of nonce, 4 of sequence and 8 of send time, big-endian") {
    KeepAliveScript script{{}, 0x0000'0000'89AB'CDEF};
    REQUIRE(script.next().send_ping);
    const std::string payload = script.ping();
    const auto number = [&payload](std::size_t from, std::size_t bytes) {
        std::uint64_t value = 0;
        for (std::size_t i = from; i < from + bytes; ++i) value = (value << 8U) | static_cast<unsigned char>(payload[i]);
        return value;
    };
    REQUIRE(payload.size() == 20);
    CHECK(number(0, 8) == 0x0000'0000'89AB'CDEF);
    CHECK(number(8, 4) == 1);
    CHECK(number(12, 8) == static_cast<std::uint64_t>(script.now.time_since_epoch().count()));
    CHECK(script.policy.ping_sequence(script.state) == 1);
}

TEST_CASE("every ping has the next sequence number and a payload of its own") {
    KeepAliveScript script;
    std::vector<std::string> payloads;
    for (std::uint32_t sequence = 1; sequence <= 5; ++sequence) {
        while (!script.next().send_ping) {
        }
        CHECK(script.policy.ping_sequence(script.state) == sequence);
        payloads.push_back(script.ping());
        script.pong(script.ping(), 1ms);
    }
    std::ranges::sort(payloads);
    CHECK(std::ranges::adjacent_find(payloads) == payloads.end());
}

TEST_CASE("the matching pong gives the round-trip time, once") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    const std::string ping = script.ping();
    CHECK(script.pong(ping, 42ms) == Duration{42ms});
    CHECK(script.pong(ping, 1ms) == std::nullopt);
}

TEST_CASE("an unsolicited pong gives no round-trip time and proves life") {
    KeepAliveScript script;
    CHECK(script.pong("before any ping") == std::nullopt);
    REQUIRE(script.next().send_ping);
    CHECK(script.pong("") == std::nullopt);
    CHECK(script.pong("not what was asked") == std::nullopt);
    CHECK_FALSE(script.next().missed);
}

TEST_CASE("a pong must match to the last byte") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    std::string forged = script.ping();
    forged.back() = static_cast<char>(forged.back() ^ 1);
    CHECK(script.pong(forged) == std::nullopt);
    CHECK(script.pong(script.ping().substr(0, 19)) == std::nullopt);
    CHECK(script.pong(script.ping() + "x") == std::nullopt);
    CHECK(script.pong(script.ping()) == Duration{0});
}

TEST_CASE("a pong that comes after its time but before the next ping still gives a round-trip time") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    const std::string ping = script.ping();
    REQUIRE(script.next().missed);
    CHECK(script.pong(ping, 5s) == Duration{15s});
}

TEST_CASE("the pong of an earlier ping counts as life and gives no round-trip time") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    const std::string first = script.ping();
    REQUIRE(script.next().misses == 1);
    REQUIRE(script.next().send_ping);
    CHECK(script.pong(first, 1s) == std::nullopt);
    CHECK_FALSE(script.next().missed);
}

TEST_CASE("a ping that nothing answers within pong_timeout is a miss; max_missed_pongs in a row end it") {
    KeepAliveScript script;
    for (unsigned miss = 1; miss <= 3; ++miss) {
        const LivenessStep ping = script.next();
        CHECK(ping.send_ping);
        CHECK_FALSE(ping.missed);
        const TimePoint sent = script.now;
        const LivenessStep judgement = script.next();
        CHECK(script.now == sent + 10s);
        CHECK(judgement.missed);
        CHECK(judgement.misses == miss);
        CHECK_FALSE(judgement.write_stalled);
        CHECK(judgement.give_up == (miss == 3));
        CHECK_FALSE(judgement.send_ping);
    }
}

TEST_CASE("any inbound byte, not only a pong, proves life and clears the misses") {
    KeepAliveScript script;
    for (int round = 0; round < 5; ++round) {
        REQUIRE(script.next().send_ping);
        REQUIRE(script.next().misses == 1);
        REQUIRE(script.next().send_ping);
        REQUIRE(script.next().misses == 2);
        script.policy.on_bytes(script.state);  // between two pings
    }
    REQUIRE(script.next().send_ping);
    script.policy.on_bytes(script.state);  // while a ping waits
    CHECK_FALSE(script.next().missed);
}

TEST_CASE("bytes from before a ping do not answer it") {
    KeepAliveScript script;
    script.policy.on_bytes(script.state);
    REQUIRE(script.next().send_ping);
    CHECK(script.next().missed);
}

TEST_CASE("one ping is outstanding: until it has been judged, no other is sent") {
    KeepAliveScript script{{.ping_interval = 10s, .pong_timeout = 10s}};
    REQUIRE(script.next().send_ping);
    const TimePoint sent = script.now;
    CHECK(script.policy.due(script.state) == sent + 10s);
    for (const Duration early : {0ms, 5'000ms, 9'999ms}) {
        const LivenessStep step = script.at(sent + early);
        CHECK_FALSE(step.send_ping);
        CHECK_FALSE(step.missed);
    }
    const LivenessStep both = script.at(sent + 10s);
    CHECK(both.missed);
    CHECK(both.send_ping);
}

TEST_CASE("a session that is given up is not pinged again") {
    KeepAliveScript script{{.ping_interval = 10s, .pong_timeout = 10s, .max_missed_pongs = 1}};
    REQUIRE(script.next().send_ping);
    const LivenessStep end = script.next();
    CHECK(end.give_up);
    CHECK_FALSE(end.send_ping);
}

TEST_CASE("a peer that answers is never given up") {
    KeepAliveScript script{{}, test::phase(0.7)};
    for (int n = 0; n < 1000; ++n) {
        const LivenessStep step = script.next();
        REQUIRE_FALSE(step.missed);
        if (step.send_ping) script.pong(script.ping(), 9'999ms);
    }
}

namespace {

// A peer answers every ping after `rtt` until its cable is cut at `cut`. How long after its last byte is it given up?
Duration silence_until_given_up(std::uint64_t random, Duration rtt, Duration cut) {
    KeepAliveScript script{{}, random};
    const TimePoint opened = script.now;
    TimePoint last_byte = opened;
    for (;;) {
        const LivenessStep step = script.next();
        if (step.give_up) return script.now - last_byte;
        if (!step.send_ping || script.now + rtt > opened + cut) continue;
        script.pong(script.ping(), rtt);
        last_byte = script.now;
    }
}

}  // namespace

TEST_CASE("with the defaults a vanished peer is given up at most 100 s after its last byte") {
    std::mt19937_64 random{3};
    Duration longest{};
    for (int n = 0; n < 5'000; ++n) {
        const Duration rtt{static_cast<Duration::rep>(random() % 10'000'000'000)};
        const Duration cut{static_cast<Duration::rep>(random() % 300'000'000'000)};
        longest = std::max(longest, silence_until_given_up(random(), rtt, cut));
    }
    CHECK(longest <= 100s);
    CHECK(longest > 99s);  // the bound is the real one
    // Never a byte at all: the phase, two more intervals, and the last pong's time.
    CHECK(silence_until_given_up(0, 1ms, 0ms) == 70s);
    CHECK(silence_until_given_up(test::phase(0.5), 1ms, 0ms) == 85s);
}

TEST_CASE("NoKeepAlive never asks, never gives up, and keeps nothing") {
    static_assert(std::is_empty_v<NoKeepAlive> && std::is_empty_v<NoKeepAlive::State>);
    NoKeepAlive::State state;
    NoKeepAlive{}.start(state, test::keep_alive_start, 7);
    CHECK(NoKeepAlive::due(state) == TimePoint::max());
    const LivenessStep step = NoKeepAlive::on_due(state, TimePoint::max(), TimePoint::min());
    CHECK_FALSE((step.send_ping || step.missed || step.give_up));
    CHECK(NoKeepAlive::on_pong(state, "", test::keep_alive_start) == std::nullopt);
    CHECK(NoKeepAlive::ping_payload(state).empty());
    CHECK(NoKeepAlive::ping_sequence(state) == 0);
}
