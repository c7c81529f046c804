#include <kingbolt/engine/journal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr SessionId one{.index = 0, .generation = 1};
constexpr SessionId two{.index = 1, .generation = 1};
constexpr TimePoint start{1h};

std::vector<Fact> facts(const std::vector<JournalEntry>& entries) {
    std::vector<Fact> all;
    for (const JournalEntry& entry : entries) all.push_back(entry.fact);
    return all;
}

void ping(Journal& journal, SessionId session, std::uint32_t sequence) {
    journal(event::PingSent{.session = session, .sequence = sequence, .at = start + sequence * 1s});
}

}  // namespace

TEST_CASE("the journal keeps what happened to a connection, oldest first, with its words and numbers") {
    Journal journal;
    journal(event::Accepted{one, "192.0.2.7:5123", start});
    journal(event::Authenticated{one, "ann", 1h, false, start});
    journal(event::Opened{one, "192.0.2.7:5123", "/events", "chat", start + 1ms});
    journal(event::AuthenticationFailed{one, AuthFailure::refused, true, start + 1ms});
    journal(event::LimitExceeded{one, Limit::messages, OnExcess::warn, 20ms, start + 1ms});
    journal(event::Subscribed{one, "agents.*", start + 2ms});
    journal(event::MessageReceived{one, Opcode::text, 100, start + 3ms});
    journal(event::PingSent{one, 1, start + 4ms});
    journal(event::PongReceived{one, 2ms, start + 5ms});
    journal(event::PongReceived{one, std::nullopt, start + 6ms});
    journal(event::PingReceived{one, 4, start + 7ms});
    journal(event::PongMissed{one, 1, false, start + 8ms});
    journal(event::PongMissed{one, 2, true, start + 9ms});
    journal(event::QueueHigh{one, 600'000, 12, start + 10ms});
    journal(event::Dropped{one, "agents.7", 41, false, start + 11ms});
    journal(event::Unsubscribed{one, "agents.*", start + 12ms});
    journal(event::HandlerFailed{one, "bad number", start + 13ms});
    journal(event::Closing{one, Cause::handler_error, CloseCode::internal_error, "handler_error", start + 14ms});
    journal(event::Closed{.session = one, .cause = Cause::handler_error, .code = CloseCode::internal_error, .at = start + 15ms});

    CHECK(to_text(journal.entries_of(one)) ==
          "+0.000 s accepted 192.0.2.7:5123\n"
          "+0.000 s authenticated ann\n"
          "+0.001 s opened /events\n"
          "+0.001 s authentication_failed refused\n"
          "+0.001 s limit_exceeded messages\n"
          "+0.002 s subscribed agents.*\n"
          "+0.003 s message_received 100 bytes\n"
          "+0.004 s ping_sent 1\n"
          "+0.005 s pong_received 2.000 ms\n"
          "+0.006 s pong_received unsolicited\n"
          "+0.007 s ping_received 4 bytes\n"
          "+0.008 s pong_missed 1 silence\n"
          "+0.009 s pong_missed 2 write stalled\n"
          "+0.010 s queue_high 600000 bytes\n"
          "+0.011 s dropped agents.7\n"
          "+0.012 s unsubscribed agents.*\n"
          "+0.013 s handler_failed bad number\n"
          "+0.014 s closing 1011 handler_error\n"
          "+0.015 s closed 1011 handler_error\n");
}

TEST_CASE("a refused upgrade is kept with its status and cause") {
    Journal journal;
    journal(event::Rejected{one, 403, Cause::upgrade_refused, "not you", start});
    CHECK(to_text(journal.entries_of(one)) == "+0.000 s rejected 403 upgrade_refused\n");
}

TEST_CASE("every fact has a name of its own") {
    std::set<std::string_view> names;
    for (unsigned n = 0; n <= static_cast<unsigned>(Fact::closed); ++n) CHECK(names.insert(to_string(static_cast<Fact>(n))).second);
    CHECK(to_string(Fact::accepted) == "accepted");
    CHECK(to_string(Fact::handler_failed) == "handler_failed");
    CHECK(to_string(Fact::closed) == "closed");
}

TEST_CASE("connections do not mix, however their facts interleave") {
    Journal journal;
    for (std::uint32_t n = 1; n <= 10; ++n) {
        ping(journal, one, n);
        ping(journal, two, 100 + n);
    }
    const auto entries = journal.entries_of(two);
    REQUIRE(entries.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(entries[i].session == two);
        CHECK(entries[i].amount == 101 + i);
    }
}

TEST_CASE("the last 64 are given, or fewer when asked for fewer") {
    Journal journal;
    for (std::uint32_t n = 1; n <= 200; ++n) ping(journal, one, n);
    const auto last = journal.entries_of(one);
    REQUIRE(last.size() == 64);
    CHECK(last.front().amount == 137);
    CHECK(last.back().amount == 200);
    CHECK(journal.entries_of(one, 3).front().amount == 198);
    CHECK(journal.entries_of(one, 0).empty());
    CHECK(journal.entries_of(one, 1'000).size() == 200);
}

TEST_CASE("a run of one kind is one entry, so that a flood does not push everything else out") {
    Journal journal;
    journal(event::Opened{.session = one, .path = "/", .at = start});
    for (int n = 0; n < 1'000'000; ++n) journal(event::MessageReceived{one, Opcode::text, 10, start + n * 1us});
    ping(journal, one, 3);
    journal(event::MessageReceived{one, Opcode::text, 7, start + 5s});
    const auto entries = journal.entries_of(one);
    REQUIRE(facts(entries) == std::vector{Fact::opened, Fact::message_received, Fact::ping_sent, Fact::message_received});
    CHECK(entries[1].count == 1'000'000);
    CHECK(entries[1].amount == 10'000'000);
    CHECK(entries[1].at == start);
    CHECK(entries[1].last == start + 999'999us);
    CHECK(entries[3].count == 1);
    CHECK(to_text(entries[1], start) == "+0.000 s message_received x1000000 10000000 bytes");
}

TEST_CASE("runs of drops and of the peer's pings are one entry too; each of our own pings is its own") {
    Journal journal;
    for (std::uint64_t n = 1; n <= 5; ++n) journal(event::Dropped{one, n % 2 == 1 ? "odd" : "even", n, false, start});
    for (int n = 0; n < 5; ++n) journal(event::PingReceived{one, 2, start});
    ping(journal, one, 1);
    ping(journal, one, 2);
    const auto entries = journal.entries_of(one);
    REQUIRE(facts(entries) == std::vector{Fact::dropped, Fact::ping_received, Fact::ping_sent, Fact::ping_sent});
    CHECK(entries[0].count == 5);
    CHECK(entries[0].words() == "odd");  // the first of the run
    CHECK(entries[1].amount == 10);
}

TEST_CASE("a run ends where another connection's does not") {
    Journal journal;
    journal(event::MessageReceived{one, Opcode::text, 1, start});
    journal(event::MessageReceived{two, Opcode::text, 1, start});
    journal(event::MessageReceived{one, Opcode::text, 1, start});
    CHECK(journal.entries_of(one).size() == 1);
    CHECK(journal.entries_of(one)[0].count == 2);
    CHECK(journal.entries_of(two)[0].count == 1);
}

TEST_CASE("when the ring has moved on, the oldest entries are gone and the others are whole") {
    Journal journal{{.capacity = 64}};
    for (std::uint32_t n = 1; n <= 10; ++n) ping(journal, one, n);
    for (std::uint32_t n = 1; n <= 60; ++n) ping(journal, two, n);
    const auto left = journal.entries_of(one);
    REQUIRE(left.size() == 4);
    CHECK(left.front().amount == 7);
    CHECK(left.back().amount == 10);
    for (std::uint32_t n = 61; n <= 64; ++n) ping(journal, two, n);
    CHECK(journal.entries_of(one).empty());
    CHECK(journal.entries_of(two).size() == 64);
}

TEST_CASE("a connection that the ring has forgotten begins anew, also in the middle of a run") {
    Journal journal{{.capacity = 64}};
    journal(event::MessageReceived{one, Opcode::text, 1, start});
    for (std::uint32_t n = 1; n <= 64; ++n) ping(journal, two, n);
    journal(event::MessageReceived{one, Opcode::text, 5, start + 1s});
    const auto entries = journal.entries_of(one);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].count == 1);
    CHECK(entries[0].amount == 5);
    CHECK(entries[0].at == start + 1s);
}

TEST_CASE("over a ring that turned many times every answer is the true end of the history") {
    Journal journal{{.capacity = 100}};
    std::vector<std::vector<std::uint32_t>> history(7);
    std::uint32_t state = 1;
    for (std::uint32_t n = 1; n <= 5'000; ++n) {
        state = state * 1'664'525 + 1'013'904'223;
        const std::uint32_t index = (state >> 16U) % 7 * ((state >> 24U) % 2);  // the first is busier
        ping(journal, {.index = index, .generation = 1}, n);
        history[index].push_back(n);
        if (n % 100 != 0) continue;
        for (std::uint32_t i = 0; i < 7; ++i) {
            std::vector<std::uint64_t> expected;
            for (const std::uint32_t sequence : history[i])
                if (sequence + 100 > n) expected.push_back(sequence);
            std::vector<std::uint64_t> found;
            for (const JournalEntry& entry : journal.entries_of({.index = i, .generation = 1}, 100)) found.push_back(entry.amount);
            REQUIRE(found == expected);
        }
    }
}

TEST_CASE("a connection that has ended can be asked about until its place is taken") {
    Journal journal;
    ping(journal, one, 1);
    journal(event::Closed{.session = one, .at = start + 5s});
    CHECK(journal.entries_of(one).size() == 2);
    const SessionId successor{.index = one.index, .generation = 2};
    CHECK(journal.entries_of(successor).empty());
    ping(journal, successor, 9);
    CHECK(journal.entries_of(one).empty());
    REQUIRE(journal.entries_of(successor).size() == 1);
    CHECK(journal.entries_of(successor)[0].amount == 9);
}

TEST_CASE("of nobody there is no history") {
    Journal journal;
    CHECK(journal.entries_of(one).empty());
    CHECK(journal.entries_of({}).empty());
    CHECK(to_text(journal.entries_of(one)).empty());
}

TEST_CASE("long words are cut to 32 bytes") {
    Journal journal;
    journal(event::Opened{.session = one, .path = std::string(500, 'p'), .at = start});
    journal(event::Opened{.session = one, .path = std::string(32, 'q'), .at = start});
    CHECK(journal.entries_of(one)[0].words() == std::string(32, 'p'));
    CHECK(journal.entries_of(one)[1].words() == std::string(32, 'q'));
}

TEST_CASE("nothing that a client chooses can begin a new line or command a terminal") {
    Journal journal;
    const std::string_view forged = GENERATE("/\n+0.1 s closed", "/\r\nX", "/\x1B[2J", "/\x7F", "/\xC2\x85", "/\xE2\x80\xA8", "/\xC2\x9B");
    journal(event::Opened{.session = one, .path = std::string{forged}, .at = start});
    const std::string line = to_text(journal.entries_of(one)[0], start);
    INFO(line);
    for (const char c : line) CHECK((c >= 0x20 && c < 0x7F));
    CHECK(line.find('?') != std::string::npos);
}

TEST_CASE("the journal's capacity is 64 to 16,777,216 entries") {
    CHECK_NOTHROW(Journal{{.capacity = 64}});
    CHECK_THROWS_AS(Journal{{.capacity = 63}}, InvalidOption);
    CHECK_THROWS_AS(Journal{{.capacity = 16'777'217}}, InvalidOption);
}

TEST_CASE("the journal is an observer of what concerns one connection") {
    static_assert(Observer<Journal>);
    static_assert(Observes<Journal, event::Closed> && Observes<Journal, event::PongMissed>);
    static_assert(!Observes<Journal, event::LoopStalled> && !Observes<Journal, event::Drained>);
    SUCCEED("checked by the compiler");
}
