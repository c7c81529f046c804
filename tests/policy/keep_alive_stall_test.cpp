// A stalled server must not kill its clients, and a client that takes no bytes must not live for ever.

#include <kingbolt/policy/keep_alive.hpp>

#include <chrono>
#include <string>

#include "policy/keep_alive_script.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;
using test::KeepAliveScript;

TEST_CASE("a lap in which the loop was stalled is void: the peer gets its whole time from when the loop resumed") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    const TimePoint sent = script.now;

    script.stalled_until(sent + 12s);
    const LivenessStep late = script.at(script.now);
    CHECK_FALSE(late.missed);
    CHECK_FALSE(late.send_ping);
    CHECK(script.policy.due(script.state) == sent + 22s);

    const LivenessStep judgement = script.next();
    CHECK(judgement.missed);
    CHECK(judgement.misses == 1);
}

TEST_CASE("the answer that waited in our own kernel during the stall counts") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    const std::string ping = script.ping();
    script.stalled_until(script.now + 60s);
    script.at(script.now);
    CHECK(script.pong(ping, 1ms) == Duration{60'001ms});  // as measured, the stall included
    CHECK_FALSE(script.next().missed);
}

TEST_CASE("a stall that ends before the pong is due starts the wait anew as well") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    const TimePoint sent = script.now;
    script.stalled_until(sent + 9s);
    CHECK_FALSE(script.at(sent + 10s).missed);
    CHECK(script.policy.due(script.state) == sent + 19s);
    CHECK(script.next().missed);
}

TEST_CASE("a stall from before the ping excuses nothing") {
    KeepAliveScript script{{}, test::phase(0.5)};
    script.stalled_until(script.now + 5s);
    REQUIRE(script.next().send_ping);
    const TimePoint sent = script.now;
    CHECK(script.next().missed);
    CHECK(script.now == sent + 10s);
}

TEST_CASE("each stall voids the lap anew, and misses from before it stay") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    REQUIRE(script.next().misses == 1);
    REQUIRE(script.next().send_ping);
    for (int stall = 0; stall < 3; ++stall) {
        script.stalled_until(script.now + 11s);
        CHECK_FALSE(script.at(script.now).missed);
    }
    CHECK(script.next().misses == 2);
}

TEST_CASE("pings that a stalled loop slept through are skipped whole: the phase is kept") {
    KeepAliveScript script{{}, test::phase(0.25)};
    const TimePoint first = script.now + 7'500ms;
    script.stalled_until(first + 100s);
    REQUIRE(script.at(script.now).send_ping);
    script.pong(script.ping(), 1ms);
    CHECK(script.policy.due(script.state) == first + 120s);
    REQUIRE_FALSE(script.next().missed);
}

TEST_CASE("two sessions stay apart after a stall that covered both of their pings") {
    KeepAliveScript one{{}, test::phase(0.25)};
    KeepAliveScript other{{}, test::phase(0.5)};
    const TimePoint start = one.now;
    for (KeepAliveScript* script : {&one, &other}) {
        script->stalled_until(start + 5min);
        REQUIRE(script->at(script->now).send_ping);  // both at once, just this time
        for (int pings = 1; pings < 3;) {
            script->pong(script->ping());
            if (script->next().send_ping) ++pings;
        }
    }
    CHECK(one.now == start + 11 * 30s + 7'500ms);
    CHECK(other.now == start + 11 * 30s + 15s);
}

TEST_CASE("a write of which the peer took nothing for pong_timeout is a miss, though the peer keeps talking") {
    KeepAliveScript script;
    script.policy.on_write_waiting(script.state, script.now);
    for (unsigned miss = 1; miss <= 3; ++miss) {
        REQUIRE(script.next().send_ping);
        script.policy.on_bytes(script.state);
        const LivenessStep judgement = script.next();
        CHECK(judgement.missed);
        CHECK(judgement.write_stalled);
        CHECK(judgement.misses == miss);
        CHECK(judgement.give_up == (miss == 3));
        script.policy.on_bytes(script.state);  // clears misses, not stalls
    }
}

TEST_CASE("a write that waits for less than pong_timeout is no miss") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    const TimePoint sent = script.now;
    script.policy.on_bytes(script.state);
    script.policy.on_write_waiting(script.state, sent + 1ns);
    CHECK_FALSE(script.at(sent + 10s).missed);
}

TEST_CASE("a write that moves, however slowly, clears the stalls and waits anew for the rest") {
    KeepAliveScript script;
    script.policy.on_write_waiting(script.state, script.now);
    REQUIRE(script.next().send_ping);
    script.policy.on_bytes(script.state);
    REQUIRE(script.next().misses == 1);
    REQUIRE(script.next().send_ping);
    script.policy.on_bytes(script.state);
    REQUIRE(script.next().misses == 2);

    script.policy.on_write_moved(script.state, script.now, true);
    REQUIRE(script.next().send_ping);
    script.policy.on_bytes(script.state);
    const LivenessStep after = script.next();  // 30 s after it moved: stalled again
    CHECK(after.missed);
    CHECK(after.misses == 1);
}

TEST_CASE("a write that has gone out completely stalls nobody") {
    KeepAliveScript script;
    script.policy.on_write_waiting(script.state, script.now);
    script.policy.on_write_moved(script.state, script.now + 1s, false);
    REQUIRE(script.next().send_ping);
    script.policy.on_bytes(script.state);
    CHECK_FALSE(script.next().missed);
}

TEST_CASE("a peer that neither takes bytes nor says anything misses once a lap, and silence is the reason") {
    KeepAliveScript script;
    script.policy.on_write_waiting(script.state, script.now);
    for (unsigned miss = 1; miss <= 3; ++miss) {
        REQUIRE(script.next().send_ping);
        const LivenessStep judgement = script.next();
        CHECK(judgement.misses == miss);
        CHECK_FALSE(judgement.write_stalled);
        CHECK(judgement.give_up == (miss == 3));
    }
}

TEST_CASE("the time in which the loop did not run does not count against a waiting write") {
    KeepAliveScript script;
    REQUIRE(script.next().send_ping);
    const TimePoint sent = script.now;
    script.policy.on_write_waiting(script.state, sent);
    script.stalled_until(sent + 9s);
    script.policy.on_bytes(script.state);
    CHECK_FALSE(script.at(sent + 10s).missed);  // void
    CHECK(script.at(sent + 19s).missed);        // ten seconds of a running loop, and not a byte taken
}

TEST_CASE("max_missed_pongs bounds stalls as it bounds silence") {
    KeepAliveScript script{{.max_missed_pongs = 1}};
    script.policy.on_write_waiting(script.state, script.now);
    REQUIRE(script.at(script.now + 10s).send_ping);
    script.policy.on_bytes(script.state);
    const LivenessStep end = script.next();
    CHECK(end.give_up);
    CHECK(end.write_stalled);
}
