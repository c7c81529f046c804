#include <kingbolt/policy/auth_backoff.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <type_traits>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{std::chrono::hours{5}};

RemoteAddress address(const std::string& text) { return RemoteAddress::parse(text).value(); }
const RemoteAddress home = address("192.0.2.7");
const RemoteAddress elsewhere = address("198.51.100.9");

struct Lock {
    AuthBackoff policy;
    AuthBackoff::State state{policy, 3, 4};
    TimePoint now = start;

    explicit Lock(AuthBackoff options = {}) : policy{options} { policy.validate(); }
    AuthCharge charge(std::string_view account, const RemoteAddress& from = home) { return policy.charge(state, account, from, now); }
    void refund(std::string_view account, const RemoteAddress& from = home) { policy.refund(state, account, from); }
    /// Guesses as often as it may, asking again every `step`; how often that was.
    int guess(std::string_view account, Duration time, Duration step, const RemoteAddress& from = home) {
        int guesses = 0;
        for (const TimePoint end = now + time; now < end; now += step) guesses += charge(account, from) ? 1 : 0;
        return guesses;
    }
};

}  // namespace

TEST_CASE("NoAuthBackoff lets everybody try and keeps nothing") {
    static_assert(std::is_empty_v<NoAuthBackoff> && std::is_empty_v<NoAuthBackoff::State>);
    NoAuthBackoff::State state{NoAuthBackoff{}, 1, 2};
    CHECK(NoAuthBackoff::charge(state, "ada", home, start));
}

TEST_CASE("five failures are free, each one after that locks for twice as long, up to a quarter of an hour") {
    Lock lock;
    for (int n = 0; n < 5; ++n) REQUIRE(lock.charge("ada"));
    // In less than a quarter of an hour, so that none of them is forgotten meanwhile.
    for (const Duration wait : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s}) {
        REQUIRE(lock.charge("ada"));
        const AuthCharge refused = lock.charge("ada");
        REQUIRE_FALSE(refused);
        CHECK(refused.retry_after == wait);
        lock.now += wait - 1ns;
        CHECK(lock.charge("ada").retry_after == 1ns);
        lock.now += 1ns;
    }
    Duration longest{};
    for (int n = 0; n < 10; ++n) {
        REQUIRE(lock.charge("ada"));
        const Duration wait = lock.charge("ada").retry_after;
        longest = std::max(longest, wait);
        lock.now += wait;
    }
    CHECK(longest == 15min);
}

TEST_CASE("to ask while locked counts for nothing") {
    Lock lock;
    for (int n = 0; n < 6; ++n) REQUIRE(lock.charge("ada"));
    for (int n = 0; n < 1'000; ++n) REQUIRE_FALSE(lock.charge("ada"));
    lock.now += 1s;
    REQUIRE(lock.charge("ada"));
    CHECK(lock.charge("ada").retry_after == 2s);
}

TEST_CASE("one failure is forgotten every quarter of an hour") {
    Lock lock;
    for (int n = 0; n < 5; ++n) REQUIRE(lock.charge("ada"));
    lock.now += 15min - 1ns;
    Lock sooner = lock;
    REQUIRE(sooner.charge("ada"));
    CHECK_FALSE(sooner.charge("ada"));
    lock.now += 1ns;
    REQUIRE(lock.charge("ada"));
    CHECK(lock.charge("ada"));
    lock.now += 24h;
    for (int n = 0; n < 6; ++n) CHECK(lock.charge("ada"));
    CHECK_FALSE(lock.charge("ada"));
}

TEST_CASE("who guesses for a day at one account gets little more than one guess each quarter of an hour") {
    Lock lock;
    const int guesses = lock.guess("ada", 24h, 500ms);
    CHECK(guesses <= 16 + 24 * 4);
    CHECK(guesses >= 24 * 4 - 16);
}

TEST_CASE("who guesses at many accounts from one address meets the address's limit, five times as loose") {
    Lock lock;
    int guesses = 0;
    for (int n = 0; n < 24 * 3'600; ++n, lock.now += 1s) guesses += lock.charge("account " + std::to_string(n)) ? 1 : 0;
    CHECK(guesses > 25 + 100);
    CHECK(guesses <= 5 * (16 + 24 * 4));
    // The owner of one of them is not locked at home, only there.
    CHECK(lock.charge("account 7", elsewhere));
}

TEST_CASE("an attacker who is locked out locks nobody out elsewhere") {
    Lock lock;
    lock.guess("ada", 1h, 1s, elsewhere);
    REQUIRE_FALSE(lock.charge("ada", elsewhere));
    for (int n = 0; n < 6; ++n) CHECK(lock.charge("ada", home));
}

TEST_CASE("and no other account at his own address, before he has failed at many") {
    Lock lock;
    for (int n = 0; n < 6; ++n) REQUIRE(lock.charge("ada"));
    REQUIRE_FALSE(lock.charge("ada"));
    CHECK(lock.charge("bob"));
}

TEST_CASE("guesses in parallel gain nothing: what is on its way is a failure until it has succeeded") {
    Lock lock;
    int verified = 0;
    for (int n = 0; n < 1'000; ++n) verified += lock.charge("ada") ? 1 : 0;
    CHECK(verified == 6);
}

TEST_CASE("success takes its own failure back, and the lock") {
    Lock lock;
    for (int n = 0; n < 6; ++n) REQUIRE(lock.charge("ada"));
    REQUIRE_FALSE(lock.charge("ada"));
    lock.now += 1s;
    REQUIRE(lock.charge("ada"));
    lock.refund("ada");
    // The six failures before are remembered: the next one locks for two seconds.
    REQUIRE(lock.charge("ada"));
    CHECK(lock.charge("ada").retry_after == 2s);
}

TEST_CASE("whose credentials are good may come back as often as he likes, also several at a time") {
    Lock lock;
    for (int round = 0; round < 1'000; ++round) {
        for (int n = 0; n < 6; ++n) REQUIRE(lock.charge("ada"));
        for (int n = 0; n < 6; ++n) lock.refund("ada");
    }
    // Many accounts of one address, all good.
    for (int n = 0; n < 1'000; ++n) {
        REQUIRE(lock.charge("account " + std::to_string(n)));
        lock.refund("account " + std::to_string(n));
    }
}

TEST_CASE("an account of his own does not make a guesser's address forget") {
    Lock lock;
    int guesses = 0;
    for (int n = 0; n < 24 * 3'600; ++n, lock.now += 1s) {
        if (lock.charge("mallory")) lock.refund("mallory");
        guesses += lock.charge("account " + std::to_string(n)) ? 1 : 0;
    }
    CHECK(guesses <= 5 * (16 + 24 * 4));
}

TEST_CASE("a refund that comes after all is forgotten is no credit") {
    Lock lock;
    REQUIRE(lock.charge("ada"));
    lock.now += 24h;
    lock.refund("ada");
    for (int n = 0; n < 10; ++n) lock.refund("ada");
    for (int n = 0; n < 6; ++n) REQUIRE(lock.charge("ada"));
    CHECK_FALSE(lock.charge("ada"));
}

TEST_CASE("all addresses of a /64 are one, and a /48 has forty times as many failures as an account at an address") {
    Lock lock;
    for (int n = 0; n < 6; ++n) REQUIRE(lock.charge("ada", address("2001:db8:1:2::" + std::to_string(n))));
    CHECK_FALSE(lock.charge("ada", address("2001:db8:1:2::77")));
    CHECK(lock.charge("ada", address("2001:db8:1:3::1")));
    // One guess from each network of the site.
    int guesses = 7;
    for (int n = 4; n < 1'000; ++n) guesses += lock.charge("ada", address("2001:db8:1:" + std::to_string(n) + "::1")) ? 1 : 0;
    CHECK(guesses == 40 * 5 + 1);
    CHECK(lock.charge("ada", address("2001:db8:2::1")));
}

TEST_CASE("without credentials that name anybody the empty name is counted") {
    Lock lock;
    for (int n = 0; n < 6; ++n) REQUIRE(lock.charge(""));
    CHECK_FALSE(lock.charge(""));
    CHECK(lock.charge("ada"));
}

TEST_CASE("however small the table, nobody guesses more often than in a large one") {
    // Twelve guessers in a table of eight entries: they share what they have left.
    Lock lock{{.table_size = 8}};
    std::map<int, int> guesses;
    for (int second = 0; second < 6 * 3'600; ++second, lock.now += 1s) {
        const int n = second % 12;
        guesses[n] += lock.charge("ada", address("10.0.0." + std::to_string(n))) ? 1 : 0;
    }
    CHECK(guesses.size() == 12);
    for (const auto& [n, count] : guesses) CHECK(count <= 16 + 6 * 4);
}

TEST_CASE("whatever comes, charges that were refunded leave nothing behind, and others are counted") {
    // The specification in its own words: of an account at an address, the failures that are not forgotten yet.
    Lock lock;
    std::mt19937_64 random{5};
    Duration level{};  // how much time it takes until all are forgotten
    TimePoint locked_until = start;
    for (int step = 0; step < 20'000; ++step) {
        const Duration pause = random() % 3 == 0 ? Duration{static_cast<Duration::rep>(random() % 600'000'000'000)} : Duration{};
        lock.now += pause;
        level = std::max(Duration{}, level - pause);
        const AuthCharge charge = lock.charge("ada");
        REQUIRE(static_cast<bool>(charge) == (lock.now >= locked_until));
        if (!charge) {
            REQUIRE(charge.retry_after == locked_until - lock.now);
            continue;
        }
        if (random() % 4 == 0) {
            lock.refund("ada");
            continue;
        }
        level += 15min;
        const auto count = (level + 15min - 1ns) / Duration{15min};
        Duration wait{};
        for (auto n = count - 5; n > 0; --n) wait = wait == Duration{} ? Duration{1s} : std::min(wait * 2, Duration{15min});
        locked_until = lock.now + wait;
    }
}
