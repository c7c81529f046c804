#include <kingbolt/policy/trusted_proxies.hpp>

#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;

namespace {

RemoteAddress address(std::string_view text) { return RemoteAddress::parse_address(text).value(); }

const TrustedProxies proxies{.networks = {"10.0.0.0/8", "2001:db8:ffff::/48"}};

/// Whom a request with these headers comes from that arrives from the proxy 10.0.0.1.
std::string client(HttpHeaders headers) { return proxies.client_of(address("10.0.0.1"), {.headers = std::move(headers)}).text(); }
std::string client_by_x(std::string value) { return client({{"X-Forwarded-For", std::move(value)}}); }
std::string client_by_forwarded(std::string value) { return client({{"Forwarded", std::move(value)}}); }

const std::string the_proxy = "10.0.0.1";

}  // namespace

TEST_CASE("without proxies the peer is the client, whatever it says") {
    static_assert(std::is_empty_v<NoProxies>);
    const RemoteAddress peer = address("192.0.2.1");
    CHECK(NoProxies::client_of(peer, {.headers = {{"X-Forwarded-For", "203.0.113.9"}}}) == peer);
    CHECK_FALSE(NoProxies::trusts(peer));
}

TEST_CASE("a peer that is no proxy is the client, whatever it says") {
    const RemoteAddress peer = address("192.0.2.1");
    CHECK_FALSE(proxies.trusts(peer));
    CHECK(proxies.client_of(peer, {.headers = {{"X-Forwarded-For", "203.0.113.9"}}}) == peer);
    CHECK(proxies.client_of(peer, {.headers = {{"Forwarded", "for=203.0.113.9"}}}) == peer);
    CHECK(TrustedProxies{}.client_of(address("10.0.0.1"), {.headers = {{"X-Forwarded-For", "203.0.113.9"}}}) == address("10.0.0.1"));
}

TEST_CASE("a proxy that says nothing is the client") {
    CHECK(proxies.trusts(address("10.0.0.1")));
    CHECK(proxies.trusts(address("2001:db8:ffff:1::1")));
    CHECK(client({}) == the_proxy);
    CHECK(client_by_x("") == the_proxy);
    CHECK(client_by_forwarded(" , ,") == the_proxy);
}

TEST_CASE("the client is the last address that is no proxy: what it has written itself is not read") {
    CHECK(client_by_x("203.0.113.9") == "203.0.113.9");
    CHECK(client_by_x("1.1.1.1, 203.0.113.9") == "203.0.113.9");
    CHECK(client_by_x("1.1.1.1, 203.0.113.9, 10.1.1.1, 2001:db8:ffff::9") == "203.0.113.9");
    CHECK(client_by_x("10.9.9.9, 203.0.113.9") == "203.0.113.9");
    CHECK(client_by_forwarded("for=1.1.1.1, for=203.0.113.9;proto=https, for=10.1.1.1") == "203.0.113.9");
    CHECK(client_by_forwarded("for=10.1.1.1, for=203.0.113.9") == "203.0.113.9");
}

TEST_CASE("where all are proxies, the first of them is the client") {
    CHECK(client_by_x("10.3.3.3, 10.2.2.2") == "10.3.3.3");
    CHECK(client_by_forwarded("for=10.3.3.3,for=10.2.2.2") == "10.3.3.3");
}

TEST_CASE("several lines of a header are one list, in their order") {
    CHECK(client({{"X-Forwarded-For", "1.1.1.1"},
                  {"Host", "a"},
                  {"x-forwarded-for", "203.0.113.9, 10.1.1.1"},
                  {"X-Forwarded-For", "10.2.2.2"}}) == "203.0.113.9");
    CHECK(client({{"Forwarded", "for=203.0.113.9"}, {"FORWARDED", "for=10.2.2.2"}}) == "203.0.113.9");
}

TEST_CASE("addresses come in all the ways in which proxies write them") {
    for (const char* text : {"203.0.113.9", "203.0.113.9:4711", " 203.0.113.9\t", "203.0.113.9,", "::ffff:203.0.113.9",
                             "[::ffff:203.0.113.9]:1", ",,203.0.113.9, ,"}) {
        INFO(text);
        CHECK(client_by_x(text) == "203.0.113.9");
    }
    for (const char* text : {"2001:db8::9", "[2001:db8::9]", "[2001:DB8::9]:4711"}) {
        INFO(text);
        CHECK(client_by_x(text) == "2001:db8:0:0:0:0:0:9");
    }
    for (const char* text : {"for=203.0.113.9", "For=203.0.113.9", "for=\"203.0.113.9\"", "for=\"203.0.113.9:4711\"",
                             "for=\"203.0.113.9:_a-b.c\"", "by=10.0.0.1;for=203.0.113.9;host=a;proto=https",
                             "by=\"a,b;for=1.1.1.1\";for=203.0.113.9", ";for=203.0.113.9;;", "for=203.0.113.9 ; proto=https",
                             "by=\"\\\",for=1.1.1.1\";for=203.0.113.9", "for=\"\\203.0.113.9\"", "by=\"\\\\\";for=203.0.113.9"}) {
        INFO(text);
        CHECK(client_by_forwarded(text) == "203.0.113.9");
    }
    CHECK(client_by_forwarded("for=\"[2001:db8::9]:4711\"") == "2001:db8:0:0:0:0:0:9");
}

TEST_CASE("an element that names no address ends the search at the hop that wrote it") {
    for (const char* text :
         {"unknown", "_hidden", "203.0.113", "203.0.113.9:", "203.0.113.9:x", "203.0.113.9:123456", "\"203.0.113.9\"", "[::1", "[::1]x",
          "[203.0.113.9]", "a b", "203.0.113.9 1.1.1.1", "fe80::1%eth0", "0203.0.113.9", "localhost"}) {
        INFO(text);
        CHECK(client_by_x(text) == the_proxy);
        CHECK(client_by_x(std::string{"1.1.1.1, "} + text + ", 10.2.2.2") == "10.2.2.2");
    }
    for (const char* text : {"for=unknown",
                             "for=_hidden",
                             "for=\"_hidden:80\"",
                             "for=",
                             "for",
                             "=",
                             "for =203.0.113.9",
                             "for= 203.0.113.9",
                             "203.0.113.9",
                             "by=10.0.0.1",
                             "for=203.0.113.9;for=203.0.113.9",
                             "for=[2001:db8::9]",
                             "for=\"2001:db8::9\"",
                             "for=203.0.113.9:80",
                             "for=\"203.0.113.9\"x",
                             "for=203.0.113.9;by",
                             "for=203.0.113.9 proto=https",
                             "for=\"203.0.113.9",
                             "for=203.0.113.9\"",
                             "for=\"203.0.113.9\\\"",
                             "f@r=203.0.113.9",
                             "for=\"203.0.113.9\\"}) {
        INFO(text);
        CHECK(client_by_forwarded(text) == the_proxy);
        CHECK(client_by_forwarded(std::string{text} + ", for=10.2.2.2") == "10.2.2.2");
    }
}

TEST_CASE("whatever a client has written before, it cannot hide from the proxy's own words") {
    for (const char* text :
         {"for=\"", "for=\"1.1.1.1", "for=\"\\", "\\", "\"", "for=\"a\\\"", ",\"", "for=1.1.1.1;by=\"x", "\"\\\"\\\\\""}) {
        INFO(text);
        CHECK(client_by_forwarded(std::string{text} + ", for=203.0.113.9") == "203.0.113.9");
        CHECK(client_by_forwarded(std::string{text} + ",for=\"203.0.113.9:1\";by=\"a,\\\"b\"") == "203.0.113.9");
        CHECK(client_by_x(std::string{text} + ", 203.0.113.9") == "203.0.113.9");
    }
}

TEST_CASE("two headers that lead to different clients are believed neither of them") {
    CHECK(client({{"X-Forwarded-For", "203.0.113.9"}, {"Forwarded", "for=203.0.113.9"}}) == "203.0.113.9");
    CHECK(client({{"X-Forwarded-For", "203.0.113.9"}, {"Forwarded", "for=198.51.100.1"}}) == the_proxy);
    CHECK(client({{"X-Forwarded-For", "203.0.113.9"}, {"Forwarded", "for=_hidden"}}) == the_proxy);
}

TEST_CASE("no more than 32 hops are followed") {
    std::string chain = "203.0.113.9";
    for (int n = 0; n < 31; ++n) chain += ", 10.0.1." + std::to_string(n);
    CHECK(client_by_x(chain) == "203.0.113.9");
    CHECK(client_by_x(chain + ", 10.0.2.1") == "10.0.1.0");
}

TEST_CASE("a list of noise takes no longer than its length") {
    const std::string quotes(8'000, '"');
    const std::string slashes = "\"" + std::string(8'000, '\\') + "\"";
    CHECK(client_by_forwarded(quotes) == the_proxy);
    CHECK(client_by_forwarded(slashes) == the_proxy);
    CHECK(client_by_x(std::string(8'000, ',')) == the_proxy);
}

TEST_CASE("whatever is written to the left, the client is the same") {
    std::mt19937_64 random{9};
    constexpr std::string_view letters = "for=;,\"\\ 1.:[]_a\t";
    for (int n = 0; n < 20'000; ++n) {
        std::string noise;
        for (auto length = random() % 24; length > 0; --length) noise += letters[random() % letters.size()];
        REQUIRE(client_by_forwarded(noise + ",by=\"\\\",\";for=203.0.113.9") == "203.0.113.9");
        REQUIRE(client_by_x(noise + ",203.0.113.9") == "203.0.113.9");
    }
}

TEST_CASE("TrustedProxies.networks are addresses and networks, and never everybody") {
    const auto valid = [](std::vector<std::string> networks) { TrustedProxies{.networks = std::move(networks)}.validate(); };
    CHECK_NOTHROW(valid({}));
    CHECK_NOTHROW(valid({"10.0.0.0/8", "192.0.2.7", "::1", "2001:db8::/32", "128.0.0.0/1"}));
    for (const char* network : {"", "10.0.0.1/8", "10.0.0.0/33", "proxy.example", "10.0.0.1:80", "0.0.0.0/0", "::/0", "*"}) {
        INFO(network);
        CHECK_THROWS_AS(valid({"10.0.0.0/8", network}), InvalidOption);
    }
    CHECK_THROWS_AS(valid(std::vector<std::string>(1'001, "::1")), InvalidOption);
}
