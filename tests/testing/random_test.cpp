// Chance from a seed.

#include "support/catch.hpp"

#include <kingbolt/testing/random.hpp>

#include <chrono>

using kingbolt::testing::Random;
using namespace std::chrono_literals;

TEST_CASE("a seed gives the same numbers everywhere") {
    Random random{1234567};
    CHECK(random() == 6457827717110365317U);  // the generator's published test vector
    CHECK(random() == 3203168211198807973U);
}

TEST_CASE("chance is as likely as it says, and draws nothing when it is 0") {
    Random random{1};
    int hits = 0;
    for (int i = 0; i < 10'000; ++i) hits += random.chance(0.25) ? 1 : 0;
    CHECK(hits > 2300);
    CHECK(hits < 2700);
    for (int i = 0; i < 100; ++i) CHECK(random.chance(1));
    Random used{1}, unused{1};
    CHECK_FALSE(used.chance(0));
    CHECK(used.up_to(0s) == 0s);
    CHECK(used() == unused());
}

TEST_CASE("up_to includes both ends") {
    Random random{1};
    bool least = false, most = false;
    for (int i = 0; i < 1000; ++i) {
        const auto d = random.up_to(3ns);
        REQUIRE(d >= 0ns);
        REQUIRE(d <= 3ns);
        least = least || d == 0ns;
        most = most || d == 3ns;
    }
    CHECK(least);
    CHECK(most);
    CHECK(random.up_to(-1s) == 0s);
}
