#include <kingbolt/core/remote_address.hpp>

#include "support/catch.hpp"

using kingbolt::RemoteAddress;

TEST_CASE("a remote's address and network are read from address:port") {
    const auto v4 = RemoteAddress::parse("192.0.2.77:5123");
    REQUIRE(v4);
    CHECK(v4->is_v4());
    CHECK(v4->text() == "192.0.2.77");
    CHECK(v4->network_text() == "192.0.2.0/24");

    const auto v6 = RemoteAddress::parse("[2001:db8::1:7]:5123");
    REQUIRE(v6);
    CHECK_FALSE(v6->is_v4());
    CHECK(v6->text() == "2001:db8:0:0:0:0:1:7");
    CHECK(v6->network_text() == "2001:db8:0:0:0:0:0:0/64");

    CHECK(RemoteAddress::parse("::1")->text() == "0:0:0:0:0:0:0:1");
    CHECK(RemoteAddress::parse("1:2:3:4:5:6:7:8")->text() == "1:2:3:4:5:6:7:8");
    CHECK(RemoteAddress::parse("[fe80::1%eth0]:80")->text() == "fe80:0:0:0:0:0:0:1");
    CHECK(RemoteAddress::parse("10.0.0.1")->text() == "10.0.0.1");
}

TEST_CASE("an IPv4 address mapped into IPv6 is the same address") {
    CHECK(RemoteAddress::parse("[::ffff:192.0.2.77]:1") == RemoteAddress::parse("192.0.2.77:2"));
}

TEST_CASE("what is no address is none") {
    for (const char* text :
         {"", ":", "localhost:80", "1.2.3:4", "1.2.3.4.5:6", "256.0.0.1:1", "1.2..4:1", "[", "[]", "[::1", "1:2:3:4:5:6:7:8:9",
          "1:2:3:4:5:6:7::8:9", "12345::", "peer-7", "1:2:3", "1:2:3:4:5:6:7:8:", "::1:", "010.0.0.1", "10.0.0.01"}) {
        INFO(text);
        const bool harmless_bracket = std::string_view{text} == "[::1";
        CHECK(RemoteAddress::parse(text).has_value() == harmless_bracket);
    }
}

TEST_CASE("an address alone has no port, no brackets and no interface") {
    CHECK(RemoteAddress::parse_address("192.0.2.7") == RemoteAddress::parse("192.0.2.7:80"));
    CHECK(RemoteAddress::parse_address("0.0.0.0"));
    CHECK(RemoteAddress::parse_address("2001:db8::7") == RemoteAddress::parse("[2001:db8::7]:80"));
    CHECK(RemoteAddress::parse_address("::ffff:192.0.2.7") == RemoteAddress::parse("192.0.2.7"));
    for (const char* text : {"", "192.0.2.7:80", "[::1]", "[::1]:80", "fe80::1%eth0", "192.0.2.7 ", "1:2", "_hidden", "unknown"}) {
        INFO(text);
        CHECK_FALSE(RemoteAddress::parse_address(text));
    }
}
