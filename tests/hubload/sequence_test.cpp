// What is lost, comes twice or comes late.

#include "sequence.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "support/catch.hpp"

using hubload::Sequence;
using Arrival = Sequence::Arrival;

TEST_CASE("events in order miss nothing but what has not come yet") {
    Sequence sequence;
    for (std::uint64_t number = 1; number <= 5; ++number) CHECK(sequence.take(number) == Arrival::in_order);
    CHECK(sequence.missing(5) == 0);
    CHECK(sequence.missing(7) == 2);
}

TEST_CASE("a gap is missing until what belongs into it comes late") {
    Sequence sequence;
    sequence.take(1);
    CHECK(sequence.take(5) == Arrival::in_order);
    CHECK(sequence.missing(5) == 3);
    CHECK(sequence.take(3) == Arrival::late);
    CHECK(sequence.missing(5) == 2);
    CHECK(sequence.take(3) == Arrival::repeated);
    CHECK(sequence.take(2) == Arrival::late);
    CHECK(sequence.take(4) == Arrival::late);
    CHECK(sequence.missing(5) == 0);
    CHECK(sequence.take(5) == Arrival::repeated);
    CHECK(sequence.take(1) == Arrival::repeated);
}

TEST_CASE("whoever hears nothing misses everything") { CHECK(Sequence{}.missing(9) == 9); }

TEST_CASE("whatever comes in whatever order, it counts as a set would") {
    std::mt19937 random{11};
    for (int round = 0; round < 200; ++round) {
        Sequence sequence;
        std::set<std::uint64_t> came;
        std::uint64_t highest = 0;
        for (int i = 0; i < 60; ++i) {
            const std::uint64_t number = 1 + random() % 40;
            const auto expected = came.contains(number) ? Arrival::repeated : number > highest ? Arrival::in_order : Arrival::late;
            CHECK(sequence.take(number) == expected);
            came.insert(number);
            highest = std::max(highest, number);
            CHECK(sequence.missing(40) == 40 - came.size());
        }
    }
}
