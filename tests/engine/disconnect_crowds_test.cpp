#include <kingbolt/engine/disconnect_patterns.hpp>

#include "ended_hours.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>

using namespace kingbolt::test;

TEST_CASE("deaths right after the upgrade are counted, with the most frequent kind and its cure") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 9; ++i) {
        auto c = hours.next(Cause::eof_without_close);
        c.open_for = 400us;
        c.messages_in = 0;
        c.offered_subprotocols = i < 7 ? 1 : 0;
        patterns(c);
    }
    for (int i = 0; i < 3; ++i) patterns(hours.next(Cause::client_close));
    auto never_opened = hours.next(Cause::http_request);
    never_opened.open_for.reset();
    patterns(never_opened);

    const auto found = patterns.patterns();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == PatternKind::died_after_upgrade);
    CHECK(found[0].count == 9);
    CHECK(found[0].of == 12);
    CHECK(found[0].subject == "subprotocol_not_selected");
    CHECK(found[0].text.starts_with(
        "9 of the last 12 connections died immediately after the upgrade, 7 of them as subprotocol_not_selected. In on_upgrade"));
}

TEST_CASE("a few deaths right after the upgrade, or few among many, are no pattern") {
    Hours hours;
    const auto at_once = [&] {
        auto c = hours.next(Cause::eof_without_close);
        c.open_for = 400us;
        c.messages_in = 0;
        return c;
    };
    DisconnectPatterns few;
    for (int i = 0; i < 4; ++i) few(at_once());
    CHECK(few.patterns().empty());

    DisconnectPatterns among_many;
    for (int i = 0; i < 5; ++i) among_many(at_once());
    for (int i = 0; i < 15; ++i) among_many(hours.next(Cause::client_close));
    CHECK(find(among_many.patterns(), PatternKind::died_after_upgrade) != nullptr);
    among_many(hours.next(Cause::client_close));
    CHECK(find(among_many.patterns(), PatternKind::died_after_upgrade) == nullptr);
}

TEST_CASE("many peers given up within half a minute were lost together") {
    DisconnectPatterns patterns;
    Hours hours;
    kb::TimePoint outage{};
    for (int i = 0; i < 20; ++i) {
        auto c = hours.next(Cause::pong_timeout);
        if (i == 0) outage = c.at;
        c.at = outage + i * 1s;
        c.since_last_byte_in = c.since_last_pong = 85s;
        patterns(c);
    }
    const auto found = patterns.patterns();
    REQUIRE(find(found, PatternKind::lost_together) != nullptr);
    CHECK(find(found, PatternKind::lost_together)
              ->text.starts_with("20 connections stopped answering and were given up within 19.0 s: an outage"));

    SECTION("our own loop is blamed when it was late") {
        auto c = hours.next(Cause::pong_timeout);
        c.at = outage + 20s;
        c.loop_lag = 4s;
        patterns(c);
        const auto with_lag = patterns.patterns();
        REQUIRE(find(with_lag, PatternKind::lost_together) != nullptr);
        CHECK(find(with_lag, PatternKind::lost_together)->text.find("late by up to 4.00 s") != std::string::npos);
    }
}

TEST_CASE("peers lost one by one over hours are no outage") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 200; ++i) patterns(hours.next(Cause::pong_timeout));
    CHECK(find(patterns.patterns(), PatternKind::lost_together) == nullptr);
}

TEST_CASE("a hub too young to know its steady rate of losses calls none of them an outage") {
    DisconnectPatterns patterns;
    Hours hours;
    const auto start = hours.next(Cause::pong_timeout).at;
    for (int i = 0; i < 10; ++i) {
        auto c = hours.next(Cause::pong_timeout);
        c.at = start + i * 2s;
        c.lived = 60s;
        patterns(c);
    }
    CHECK(patterns.patterns().empty());
}

TEST_CASE("the address with most abnormal ends is named, and otherwise the network") {
    DisconnectPatterns patterns;
    Hours hours;
    const auto reset_from = [&](std::string remote) {
        auto c = hours.next(Cause::reset_by_peer);
        c.remote = std::move(remote);
        patterns(c);
    };
    for (int i = 0; i < 6; ++i) patterns(hours.next(Cause::reset_by_peer));
    SECTION("an address") {
        for (int i = 0; i < 9; ++i) reset_from("192.0.2.9:50" + std::to_string(i));
        CHECK(find(patterns.patterns(), PatternKind::one_network)->subject == "192.0.2.9");
        CHECK(
            find(patterns.patterns(), PatternKind::one_network)->text.starts_with("9 of the last 15 abnormal ends belong to 192.0.2.9: "));
    }
    SECTION("a network") {
        for (int i = 0; i < 9; ++i) reset_from("192.0.2." + std::to_string(10 + i) + ":5000");
        CHECK(find(patterns.patterns(), PatternKind::one_network)->subject == "192.0.2.0/24");
    }
    SECTION("an IPv6 network") {
        for (int i = 0; i < 9; ++i) reset_from("[2001:db8:1:2::" + std::to_string(10 + i) + "]:5000");
        CHECK(find(patterns.patterns(), PatternKind::one_network)->subject == "2001:db8:1:2:0:0:0:0/64");
    }
    SECTION("half of them is not most") {
        for (int i = 0; i < 6; ++i) reset_from("192.0.2.9:50" + std::to_string(i));
        CHECK(find(patterns.patterns(), PatternKind::one_network) == nullptr);
    }
}

TEST_CASE("when everybody comes through one proxy its address says nothing") {
    DisconnectPatterns patterns;
    Hours hours;
    for (int i = 0; i < 30; ++i) {
        auto c = hours.next(Cause::reset_by_peer);
        c.remote = "127.0.0.1:" + std::to_string(40'000 + i);
        patterns(c);
    }
    CHECK(patterns.patterns().empty());
}

TEST_CASE("the window is bounded in number and in age") {
    Hours hours;
    DisconnectPatterns patterns{{.window = 8, .max_age = 10min}};
    for (int i = 0; i < 100; ++i) patterns(hours.idle(60s));
    CHECK(patterns.size() == 8);
    auto later = hours.idle(60s);
    later.at += 11min;
    patterns(later);
    CHECK(patterns.size() == 1);
    CHECK(patterns.patterns().empty());
}

TEST_CASE("options of DisconnectPatterns out of their range are refused") {
    CHECK_THROWS_AS((DisconnectPatterns{{.window = 7}}), kb::InvalidOption);
    CHECK_THROWS_AS((DisconnectPatterns{{.window = 65'537}}), kb::InvalidOption);
    CHECK_THROWS_AS((DisconnectPatterns{{.max_age = 999ms}}), kb::InvalidOption);
    CHECK_THROWS_AS((DisconnectPatterns{{.min_count = 1}}), kb::InvalidOption);
    CHECK_THROWS_AS((DisconnectPatterns{{.window = 8, .min_count = 9}}), kb::InvalidOption);
}

TEST_CASE("the same ends give the same patterns") {
    const auto run = [] {
        Hours hours;
        DisconnectPatterns patterns;
        for (int i = 0; i < 50; ++i) patterns(hours.idle(60s + hours.random(300)));
        return patterns.patterns();
    };
    CHECK(run() == run());
}
