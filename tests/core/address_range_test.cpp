#include <kingbolt/core/address_range.hpp>

#include "support/catch.hpp"

using kingbolt::AddressRange;
using kingbolt::RemoteAddress;

namespace {

bool contains(std::string_view range, std::string_view address) {
    return AddressRange::parse(range).value().contains(RemoteAddress::parse_address(address).value());
}

}  // namespace

TEST_CASE("a network holds the addresses with its prefix, and no others") {
    CHECK(contains("10.0.0.0/8", "10.255.1.2"));
    CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    CHECK(contains("192.0.2.64/26", "192.0.2.127"));
    CHECK_FALSE(contains("192.0.2.64/26", "192.0.2.128"));
    CHECK_FALSE(contains("192.0.2.64/26", "192.0.2.63"));
    CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(contains("0.0.0.0/0", "203.0.113.1"));
    CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    CHECK(contains("::/0", "2001:db8::1"));
}

TEST_CASE("an address is the network of itself alone") {
    CHECK(contains("192.0.2.7", "192.0.2.7"));
    CHECK(contains("192.0.2.7/32", "::ffff:192.0.2.7"));
    CHECK_FALSE(contains("192.0.2.7", "192.0.2.6"));
    CHECK(contains("::1", "::1"));
    CHECK_FALSE(contains("::1/128", "::2"));
}

TEST_CASE("what is no network is none") {
    for (const char* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.1/8", "192.0.2.64/25",
                             "::1/64", "::/129", "10.0.0.0:80/8", "[::]/0", "localhost", "10.0.0.0/8/8", "10.0.0.0/0x8", "*"}) {
        INFO(text);
        CHECK_FALSE(AddressRange::parse(text));
    }
}
