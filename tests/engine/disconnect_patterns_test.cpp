#include <kingbolt/engine/disconnect_patterns.hpp>

#include <kingbolt/concepts/observer.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace {

namespace kb = kingbolt;
using namespace std::chrono_literals;
using kb::Cause;
using kb::Confidence;
using kb::DisconnectPatterns;
using kb::PatternKind;
using kb::event::Closed;

static_assert(kb::Observer<DisconnectPatterns>);

/// Ends follow each other at irregular distances, from changing networks; each test says what they have in common.
class Hours {
public:
    Closed next(Cause cause) {
        Closed c;
        c.cause = cause;
        c.phase = kb::Phase::open;
        at_ += 3s + random(9'000);
        c.at = kb::TimePoint{at_};
        c.remote = "10." + std::to_string(++n_ % 200) + ".7.1:4000";
        c.open_for = 600s + random(3'000'000);
        c.lived = *c.open_for + 1ms;
        c.since_last_byte_in = c.since_last_byte_out = random(900);
        c.since_last_message_in = c.since_last_message_out = c.since_last_byte_in;
        c.messages_in = c.messages_out = 5;
        return c;
    }
    Closed idle(kb::Duration silence) {
        auto c = next(Cause::eof_without_close);
        c.since_last_byte_in = c.since_last_byte_out = c.since_last_message_in = c.since_last_message_out = silence;
        return c;
    }
    /// The same each run: a multiplicative generator (Lehmer, modulus 2^31 - 1).
    std::chrono::milliseconds random(std::uint64_t below) {
        state_ = state_ * 48'271 % 2'147'483'647;
        return std::chrono::milliseconds{state_ % below};
    }

private:
    kb::Duration at_ = 10h;
    std::uint64_t state_ = 20'240'607;
    unsigned n_ = 0;
};

const kb::Pattern* find(const std::vector<kb::Pattern>& patterns, PatternKind kind) {
    const auto found = std::ranges::find(patterns, kind, &kb::Pattern::kind);
    return found == patterns.end() ? nullptr : &*found;
}

}  // namespace

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
