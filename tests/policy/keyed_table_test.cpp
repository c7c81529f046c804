#include <kingbolt/policy/keyed_table.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{std::chrono::hours{5}};
constexpr SipKey secret{0x0123456789ABCDEFULL, 0xFEDCBA9876543210ULL};

// Kept while somebody is in, and until a time.
struct Note {
    TimePoint until = TimePoint::min();
    int in = 0;
    bool is_fresh(TimePoint now) const noexcept { return in == 0 && until <= now; }
};
using Table = KeyedTable<Note>;

constexpr TableKey key(std::uint64_t n) { return {n << 40U, 64}; }

}  // namespace

TEST_CASE("a key finds what was noted of it, and no other key does") {
    Table table{4'096, secret};
    for (std::uint64_t n = 0; n < 500; ++n) table.at(key(n), start).in = static_cast<int>(n) + 1;
    for (std::uint64_t n = 0; n < 500; ++n) {
        CHECK(table.at(key(n), start).in == static_cast<int>(n) + 1);
        CHECK(table.known(key(n)).in == static_cast<int>(n) + 1);
        CHECK(&table.at(table.place_of(key(n)), start) == &table.known(key(n)));
    }
    CHECK(table.at(key(500), start).in == 0);
    CHECK(table.at({key(7).high, 48}, start).in == 0);
}

TEST_CASE("the capacity is rounded up, and says what it takes") {
    CHECK(Table{1, secret}.capacity() == 8);
    CHECK(Table{8, secret}.capacity() == 8);
    CHECK(Table{9, secret}.capacity() == 16);
    CHECK(Table{100'000, secret}.capacity() == 131'072);
    CHECK(Table{100'000, secret}.bytes() == 131'072 * 24);
}

TEST_CASE("a full set makes room by forgetting what is fresh, and nothing else") {
    Table table{8, secret};
    for (std::uint64_t n = 0; n < 8; ++n) table.at(key(n), start).until = start + (n + 1) * 1s;
    // All are live: the newcomer shares the overflow value.
    CHECK(&table.at(key(100), start) == &table.at(key(101), start));
    CHECK(table.at(key(0), start).until == start + 1s);
    // The first is fresh now, and goes.
    table.at(key(100), start + 1s).in = 1;
    CHECK(table.at(key(100), start + 1s).in == 1);
    CHECK(&table.known(key(100)) != &table.known(key(101)));
    for (std::uint64_t n = 1; n < 8; ++n) CHECK(table.at(key(n), start + 1s).until == start + (n + 1) * 1s);
}

TEST_CASE("who shares the overflow value stays there until it is fresh, also when an entry becomes free") {
    Table table{8, secret};
    for (std::uint64_t n = 0; n < 8; ++n) table.at(key(n), start).until = start + 1s;
    table.at(key(100), start).in = 1;
    CHECK(table.at(key(101), start).in == 1);
    // All eight are free again; what was noted of the two is still found.
    CHECK(table.at(key(100), start + 2s).in == 1);
    CHECK(table.at(key(101), start + 2s).in == 1);
    --table.known(key(100)).in;
    table.at(key(100), start + 2s).in = 5;
    CHECK(table.at(key(101), start + 2s).in == 0);
}

TEST_CASE("an overflow value that is fresh begins anew") {
    Table table{8, secret};
    for (std::uint64_t n = 0; n < 8; ++n) table.at(key(n), start).in = 1;
    table.at(key(100), start).until = start + 1s;
    CHECK(table.at(key(101), start + 1s).until == TimePoint::min());
}

TEST_CASE("while no set overflows, a table is a map") {
    Table table{8'192, secret};
    std::map<std::uint64_t, Note> model;
    std::mt19937_64 random{11};
    TimePoint now = start;
    for (int step = 0; step < 20'000; ++step) {
        now += Duration{static_cast<Duration::rep>(random() % 1'000'000)};
        const std::uint64_t n = random() % 2'000;
        Note& expected = model[n];
        if (expected.is_fresh(now)) expected = {};
        Note& found = table.at(key(n), now);
        if (found.is_fresh(now)) found = {};
        REQUIRE(found.in == expected.in);
        REQUIRE(found.until == expected.until);
        if (random() % 2 == 0) {
            found.until = expected.until = now + Duration{static_cast<Duration::rep>(random() % 100'000'000)};
        } else if (expected.in > 0) {
            --expected.in;
            --table.known(key(n)).in;
        } else {
            ++found.in;
            ++expected.in;
        }
    }
}

TEST_CASE("however a table overflows, no key finds less than it has left there itself, and all that came in goes out") {
    const auto capacity = GENERATE(std::size_t{8}, std::size_t{32}, std::size_t{256});
    Table table{capacity, secret};
    std::map<std::uint64_t, Note> model;
    std::mt19937_64 random{capacity};
    TimePoint now = start;
    int overflows = 0;
    for (int step = 0; step < 50'000; ++step) {
        now += Duration{static_cast<Duration::rep>(random() % 100)};
        const std::uint64_t n = random() % (capacity * 2);
        Note& own = model[n];
        if (own.in > 0 && random() % 3 != 0) {
            --own.in;
            Note& found = table.known(key(n));
            REQUIRE(found.in > 0);
            --found.in;
            continue;
        }
        Note& found = table.at(key(n), now);
        REQUIRE(found.in >= own.in);
        if (!own.is_fresh(now)) REQUIRE(found.until >= own.until);
        overflows += found.in > own.in ? 1 : 0;
        ++found.in;
        ++own.in;
        own.until = now + 1us;
        found.until = std::max(found.until, own.until);
    }
    CHECK(overflows > 100);
    for (auto& [n, own] : model) {
        for (; own.in > 0; --own.in) {
            Note& found = table.known(key(n));
            REQUIRE(found.in > 0);
            --found.in;
        }
    }
    now += 1ms;
    for (std::uint64_t n = 0; n < capacity * 2; ++n) CHECK(table.at(key(n), now).is_fresh(now));
}

TEST_CASE("keys spread evenly over the sets") {
    // 64 sets, 256 keys, four in a set on average: a set that overflows has a chance of 0.02.
    Table table{512, secret};
    for (std::uint64_t n = 0; n < 256; ++n) ++table.at(key(n), start).in;
    int shared = 0;
    for (std::uint64_t n = 0; n < 256; ++n) shared += table.at(key(n), start).in > 1 ? 1 : 0;
    CHECK(shared < 16);
}
