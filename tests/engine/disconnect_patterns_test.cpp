#include <kingbolt/engine/disconnect_patterns.hpp>

#include <kingbolt/concepts/observer.hpp>

#include "ended_hours.hpp"
#include "support/catch.hpp"

#include <chrono>

using namespace kingbolt::test;

static_assert(kb::Observer<DisconnectPatterns>);

TEST_CASE("connections that die at one and the same silence name an idle proxy and the ping interval that cures it") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 37; ++i) {
        patterns(hours.idle(59'500ms + i * 1000ms / 36));
        patterns(hours.next(Cause::client_close));
    }
    const auto found = patterns.patterns();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == PatternKind::idle_proxy);
    CHECK(found[0].confidence == Confidence::certain);
    CHECK(found[0].count == 37);
    CHECK(found[0].text == "37 connections died 60.0 ± 0.5 s after the last byte: an idle proxy; set ping_interval below 48 s");

    SECTION("which makes a possible verdict certain") {
        const auto alone = hours.idle(60s);
        CHECK(kb::diagnose(alone).confidence == Confidence::possible);
        const auto d = patterns.diagnose(alone);
        CHECK(d.verdict == kb::Verdict::idle_proxy);
        CHECK(d.confidence == Confidence::certain);
        CHECK(d.evidence.front() == found[0].text);
    }
    SECTION("to the last nanosecond of the cluster, and a little beyond") {
        for (const auto silence : {59'500ms, 60'500ms, 59'450ms, 60'550ms})
            CHECK(patterns.diagnose(hours.idle(silence)).confidence == Confidence::certain);
    }
    SECTION("but only for those that fit") { CHECK(patterns.diagnose(hours.idle(30s)) == kb::diagnose(hours.idle(30s))); }
}

TEST_CASE("a limit is recognised half a second around, for many proxies look at their timers once a second") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 10; ++i) patterns(hours.idle(20s + i * 100ms));
    const auto found = patterns.patterns();
    REQUIRE(found.size() == 1);
    CHECK(found[0].count == 10);
}

TEST_CASE("connections that were silent all their life died of silence, not of age") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 10; ++i) {
        auto c = hours.idle(60s + hours.random(100));
        c.open_for = *c.since_last_byte_in + 1ms;
        patterns(c);
    }
    const auto found = patterns.patterns();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == PatternKind::idle_proxy);
}

TEST_CASE("silences spread evenly over a ping interval are no pattern") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 400; ++i) patterns(hours.idle(1s + hours.random(29'000)));
    CHECK(patterns.patterns().empty());
}

TEST_CASE("one silence stands out of many ordinary ends, down to a quarter of them") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 10; ++i) patterns(hours.idle(55s + hours.random(200)));
    for (int i = 0; i < 25; ++i) patterns(hours.idle(1s + hours.random(40'000)));
    const auto before = patterns.patterns();
    REQUIRE(find(before, PatternKind::idle_proxy) != nullptr);
    CHECK(find(before, PatternKind::idle_proxy)->count == 10);
    for (int i = 0; i < 10; ++i) patterns(hours.idle(1s + hours.random(40'000)));
    CHECK(find(patterns.patterns(), PatternKind::idle_proxy) == nullptr);
}

TEST_CASE("connections that fell silent together and ended together are one event, not a limit") {
    DisconnectPatterns patterns;
    Hours hours;
    const auto restart = hours.next(Cause::eof_without_close).at;
    for (int i = 0; i < 20; ++i) {
        auto c = hours.idle(37s);
        c.at = restart;
        patterns(c);
    }
    CHECK(find(patterns.patterns(), PatternKind::idle_proxy) == nullptr);

    SECTION("unless the silence is one that people configure") {
        DisconnectPatterns round;
        for (int i = 0; i < 20; ++i) {
            auto c = hours.idle(60s);
            c.at = restart;
            round(c);
        }
        const auto found = round.patterns();
        REQUIRE(find(found, PatternKind::idle_proxy) != nullptr);
        CHECK(find(found, PatternKind::idle_proxy)->confidence == Confidence::likely);
    }
}

TEST_CASE("peers that leave at one time after the last message while they answer pings have a read deadline") {
    DisconnectPatterns patterns;
    Hours hours;
    const auto leaves = [&](kb::Duration after_message) {
        auto c = hours.next(Cause::eof_without_close);
        c.since_last_message_out = after_message;
        c.since_last_pong = c.since_last_byte_in = c.since_last_byte_out = 1s + hours.random(4'000);
        return c;
    };
    for (int i = 0; i < 8; ++i) patterns(leaves(17s + hours.random(100)));
    const auto found = patterns.patterns();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == PatternKind::read_deadline);
    CHECK(found[0].confidence == Confidence::certain);
    CHECK(found[0].text.find("at least every 14 s") != std::string::npos);

    const auto d = patterns.diagnose(leaves(17s + 50ms));
    CHECK(d.verdict == kb::Verdict::read_deadline_ignores_pongs);
    CHECK(d.confidence == Confidence::certain);
}

TEST_CASE("where no message was ever sent a read deadline cannot be told for certain from a greatest age") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 8; ++i) {
        auto c = hours.next(Cause::eof_without_close);
        c.open_for = 30s + hours.random(100);
        c.messages_out = 0;
        c.since_last_message_out.reset();
        c.since_last_pong = c.since_last_byte_in = c.since_last_byte_out = 1s + hours.random(4'000);
        patterns(c);
    }
    const auto found = patterns.patterns();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == PatternKind::read_deadline);
    CHECK(found[0].confidence == Confidence::likely);
}

TEST_CASE("one and the same age at the end names a greatest connection age") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 12; ++i) {
        auto c = hours.next(i % 2 == 0 ? Cause::eof_without_close : Cause::client_close);
        c.open_for = 900s + hours.random(800);
        c.lived = *c.open_for + 1ms;
        patterns(c);
    }
    const auto found = patterns.patterns();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == PatternKind::maximum_age);
    CHECK(found[0].count == 12);
    CHECK(found[0].text.starts_with("12 connections ended at the age of 900."));
}

TEST_CASE("connections of one age that ended in one instant say nothing about their age") {
    DisconnectPatterns patterns;
    Hours hours;
    const auto restart = hours.next(Cause::eof_without_close).at;
    for (int i = 0; i < 12; ++i) {
        auto c = hours.next(Cause::eof_without_close);
        c.at = restart;
        c.open_for = 900s;
        patterns(c);
    }
    CHECK(patterns.patterns().empty());
}
