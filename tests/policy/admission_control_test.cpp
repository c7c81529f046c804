#include <kingbolt/policy/admission_control.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{std::chrono::hours{5}};

RemoteAddress address(const std::string& text) { return RemoteAddress::parse(text).value(); }

/// The n-th IPv4 address from 10.0.0.0 on.
RemoteAddress v4(std::uint32_t n) {
    RemoteAddress result = address("10.0.0.0");
    for (std::size_t i = 0; i < 4; ++i) result.bytes[15 - i] = static_cast<std::uint8_t>(result.bytes[15 - i] + (n >> (8 * i) & 0xFFU));
    return result;
}

/// An address in the n-th /64 of 2001:db8:1::/48.
RemoteAddress in_network(std::uint16_t n, std::uint8_t host = 1) {
    RemoteAddress result = address("2001:db8:1::");
    result.bytes[6] = static_cast<std::uint8_t>(n >> 8U);
    result.bytes[7] = static_cast<std::uint8_t>(n & 0xFFU);
    result.bytes[15] = host;
    return result;
}

struct Door {
    AdmissionControl policy;
    AdmissionControl::State state{policy, 1, 2};
    TimePoint now = start;

    explicit Door(AdmissionControl options) : policy{options} { policy.validate(); }
    AdmissionDecision connect(const RemoteAddress& from) { return policy.on_connection(state, from, now); }
    AdmissionDecision client(const RemoteAddress& from) { return policy.on_client(state, from, now); }
    AdmissionDecision enter(std::string_view subject) { return policy.enter_subject(state, subject, now); }
};

void refused(const AdmissionDecision& decision, unsigned status, std::string_view reason, Duration retry_after) {
    CHECK_FALSE(decision);
    CHECK(decision.status == status);
    CHECK(decision.reason == reason);
    CHECK(decision.retry_after == retry_after);
}

}  // namespace

TEST_CASE("NoAdmissionControl admits everybody and keeps nothing") {
    static_assert(std::is_empty_v<NoAdmissionControl> && std::is_empty_v<NoAdmissionControl::State>);
    NoAdmissionControl::State state{NoAdmissionControl{}, 1, 2};
    CHECK(NoAdmissionControl::on_connection(state, v4(1), start));
    CHECK(NoAdmissionControl::on_accept(state, start));
    CHECK(NoAdmissionControl::on_client(state, v4(1), start));
    CHECK(NoAdmissionControl::enter_subject(state, "ada", start));
}

TEST_CASE("a full server answers 503, whoever comes, until somebody leaves") {
    Door door{{.max_connections = 3}};
    for (std::uint32_t n = 0; n < 3; ++n) REQUIRE(door.connect(v4(n)));
    refused(door.connect(v4(3)), 503, "too many connections", 10s);
    AdmissionControl::on_gone(door.state, v4(1));
    CHECK(door.connect(v4(3)));
    CHECK_FALSE(door.connect(v4(4)));
}

TEST_CASE("connections that come faster than the server may accept them are answered 503, and when to come back") {
    Door door{{.accepts_per_second = 100, .accept_burst = 5}};
    for (std::uint32_t n = 0; n < 5; ++n) REQUIRE(door.connect(v4(n)));
    refused(door.connect(v4(5)), 503, "connections arrive too fast", 10ms);
    door.now += 10ms;
    CHECK(door.connect(v4(5)));
}

TEST_CASE("an address has ten handshakes at once and one a second after that; other addresses do not notice") {
    Door door{{}};
    for (int n = 0; n < 10; ++n) REQUIRE(door.connect(v4(1)));
    refused(door.connect(v4(1)), 429, "too many handshakes from this address", 1s);
    CHECK(door.connect(v4(2)));
    door.now += 1s;
    CHECK(door.connect(v4(1)));
    CHECK_FALSE(door.connect(v4(1)));
}

TEST_CASE("who hammers waits no longer, and gains nothing") {
    Door door{{}};
    int admitted = 0;
    for (; door.now <= start + 20s; door.now += 1ms) {
        if (!door.client(v4(1))) continue;
        ++admitted;
        AdmissionControl::leave_client(door.state, v4(1));
    }
    CHECK(admitted == 10 + 20);
}

TEST_CASE("who hammers takes nothing of what all may do together") {
    Door door{{.accepts_per_second = 1, .accept_burst = 15}};
    for (int n = 0; n < 1'000; ++n) door.connect(v4(1));
    CHECK(door.state.connections == 10);
    for (std::uint32_t n = 0; n < 5; ++n) CHECK(door.connect(v4(100 + n)));
    refused(door.connect(v4(200)), 503, "connections arrive too fast", 1s);
    CHECK(door.state.connections == 15);
    // Who was refused for the others' sake is not counted as connected.
    AdmissionControl::on_gone(door.state, v4(1));
    door.now += 20s;
    for (int n = 0; n < 10; ++n) CHECK(door.connect(v4(200)));
}

TEST_CASE("an address has twenty connections; one more is not counted, and its handshake stays charged") {
    Door door{{.handshakes_per_ip = 30, .handshake_window = 30s}};
    for (int n = 0; n < 20; ++n) REQUIRE(door.connect(v4(1)));
    for (int n = 0; n < 10; ++n) refused(door.connect(v4(1)), 429, "too many connections from this address", 10s);
    refused(door.connect(v4(1)), 429, "too many handshakes from this address", 1s);
    CHECK(door.state.connections == 20);
    door.now += 60s;
    for (int n = 0; n < 20; ++n) AdmissionControl::on_gone(door.state, v4(1));
    CHECK(door.state.connections == 0);
    for (int n = 0; n < 20; ++n) CHECK(door.connect(v4(1)));
}

TEST_CASE("all addresses of a /64 are one client") {
    Door door{{}};
    for (std::uint8_t host = 0; host < 10; ++host) REQUIRE(door.connect(in_network(0, host)));
    refused(door.connect(in_network(0, 77)), 429, "too many handshakes from this address", 1s);
    CHECK(door.connect(in_network(1)));
}

TEST_CASE("all networks of a /48 together have eight times as much, or what is said") {
    const auto [options, handshakes] =
        GENERATE(table<AdmissionControl, int>({{AdmissionControl{}, 80}, {AdmissionControl{.handshakes_per_site = 16}, 16}}));
    Door door{options};
    int admitted = 0;
    for (std::uint16_t network = 0; network < 200; ++network) admitted += door.connect(in_network(network)) ? 1 : 0;
    CHECK(admitted == handshakes);
    refused(door.connect(in_network(500)), 429, "too many handshakes from this site", options.handshake_window / handshakes);
    CHECK(door.connect(address("2001:db8:2::1")));
}

TEST_CASE("a site's connections are counted, too") {
    const auto [options, most] =
        GENERATE(table<AdmissionControl, int>({{AdmissionControl{.max_per_ip = 2}, 16}, {AdmissionControl{.max_per_site = 5}, 5}}));
    Door door{options};
    for (std::uint16_t network = 0; network < most; ++network) REQUIRE(door.connect(in_network(network)));
    refused(door.connect(in_network(300)), 429, "too many connections from this site", 10s);
    AdmissionControl::on_gone(door.state, in_network(0));
    CHECK(door.connect(in_network(300)));
}

TEST_CASE("an IPv4 address within IPv6 is that IPv4 address") {
    Door door{{.max_per_ip = 2}};
    CHECK(door.connect(address("192.0.2.7")));
    CHECK(door.connect(address("::ffff:192.0.2.7")));
    CHECK_FALSE(door.connect(address("192.0.2.7")));
    CHECK(door.connect(address("::ffff:192.0.2.8")));
}

TEST_CASE("behind a proxy the connection is counted when it comes, the client when it is known") {
    Door door{{.max_connections = 2, .max_per_ip = 1}};
    REQUIRE(door.policy.on_accept(door.state, door.now));
    REQUIRE(door.client(v4(1)));
    REQUIRE(door.policy.on_accept(door.state, door.now));
    refused(door.client(v4(1)), 429, "too many connections from this address", 10s);
    CHECK_FALSE(door.policy.on_accept(door.state, door.now));
    AdmissionControl::leave(door.state);
    CHECK(door.policy.on_accept(door.state, door.now));
    CHECK(door.client(v4(2)));
    AdmissionControl::leave_client(door.state, v4(1));
    CHECK(door.client(v4(1)));
}

TEST_CASE("a name has as many connections as is said, from wherever") {
    Door door{{.max_per_subject = 2}};
    CHECK(door.enter("ada"));
    CHECK(door.enter("ada"));
    CHECK(door.enter("bob"));
    refused(door.enter("ada"), 429, "too many connections of this subject", 10s);
    door.policy.leave_subject(door.state, "ada");
    CHECK(door.enter("ada"));
    CHECK_FALSE(door.enter("ada"));
}

TEST_CASE("names are not counted unless a bound is set") {
    Door door{{}};
    for (int n = 0; n < 1'000; ++n) REQUIRE(door.enter("ada"));
    door.policy.leave_subject(door.state, "ada");
}

TEST_CASE("a million addresses that come once each are admitted as far as the bound for all goes, in the memory of the start") {
    Door door{{.table_size = 1'024}};
    const std::size_t before = door.state.table.bytes();
    int admitted = 0;
    for (std::uint32_t n = 0; n < 1'000'000; ++n) {
        door.now += 10us;
        if (!door.connect(v4(n))) continue;
        ++admitted;
        AdmissionControl::on_gone(door.state, v4(n));
    }
    CHECK(admitted <= 2'000 + 10 * 1'000);
    CHECK(door.state.table.bytes() == before);
    CHECK(door.state.connections == 0);
}

TEST_CASE("a million networks of one site gain no more than the site's bound") {
    Door door{{.accepts_per_second = 1e9, .accept_burst = 1'000'000}};
    int admitted = 0;
    for (std::uint32_t n = 0; n <= 1'000'000; ++n) {
        door.now += 10us;
        const RemoteAddress from = in_network(static_cast<std::uint16_t>(n & 0xFFFFU));
        if (!door.connect(from)) continue;
        ++admitted;
        AdmissionControl::on_gone(door.state, from);
    }
    CHECK(admitted == 80 + 10 * 8);
}

TEST_CASE("in no window does a client get more than allowed, however the table overflows") {
    // As many clients as a table has entries, twice, and four times.
    const auto clients = GENERATE(std::uint32_t{8}, std::uint32_t{16}, std::uint32_t{32});
    Door door{{.max_per_ip = 3, .handshakes_per_ip = 5, .handshake_window = 1s, .table_size = 8}};
    std::mt19937_64 random{clients};
    std::map<std::uint32_t, std::vector<TimePoint>> handshakes;
    std::map<std::uint32_t, int> connected;
    int refusals = 0;
    for (int step = 0; step < 40'000; ++step) {
        door.now += Duration{static_cast<Duration::rep>(random() % 20'000'000)};
        const auto n = static_cast<std::uint32_t>(random() % clients);
        if (connected[n] > 0 && random() % 2 == 0) {
            AdmissionControl::on_gone(door.state, v4(n));
            --connected[n];
        } else if (door.connect(v4(n))) {
            REQUIRE(++connected[n] <= 3);
            handshakes[n].push_back(door.now);
        } else {
            ++refusals;
        }
    }
    CHECK(refusals > 100);
    for (const auto& [n, times] : handshakes) {
        CHECK_FALSE(times.empty());
        // Of `5 + k` handshakes the last is at least k fifths of a second after the first.
        for (std::size_t first = 0; first < times.size(); ++first) {
            for (std::size_t more = 1; more <= 20 && first + 4 + more < times.size(); ++more)
                REQUIRE(times[first + 4 + more] - times[first] >= more * 200ms);
        }
    }
    for (auto& [n, count] : connected) {
        for (; count > 0; --count) AdmissionControl::on_gone(door.state, v4(n));
    }
    door.now += 1h;
    for (std::uint32_t n = 0; n < clients; ++n) {
        INFO("nothing is left behind");
        for (int k = 0; k < 3; ++k) REQUIRE(door.connect(v4(n)));
        for (int k = 0; k < 3; ++k) AdmissionControl::on_gone(door.state, v4(n));
        door.now += 1h;
    }
}
