#pragma once
// How long one waits who guesses: exponential delays for each account at each address, in memory that is taken once.

#include <kingbolt/concepts/auth_backoff_policy.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/policy/address_key.hpp>
#include <kingbolt/policy/keyed_table.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt {

/// Any number of attempts. Costs nothing.
struct NoAuthBackoff {
    using slot = slot::auth_backoff;
    struct State {
        constexpr State() noexcept = default;
        constexpr State(const NoAuthBackoff&, std::uint64_t, std::uint64_t) noexcept {}
    };
    static constexpr AuthCharge charge(State&, std::string_view, const RemoteAddress&, TimePoint) noexcept { return {}; }
    static constexpr void refund(State&, std::string_view, const RemoteAddress&) noexcept {}
};

static_assert(AuthBackoffPolicy<NoAuthBackoff>);

namespace detail {

struct AuthFailures {
    TimePoint forgotten_at = TimePoint::min();  ///< when the last of the failures is: one each `decay`
    TimePoint locked_until = TimePoint::min();
    bool is_fresh(TimePoint now) const noexcept { return forgotten_at <= now && locked_until <= now; }
};

}  // namespace detail

/// After `free_failures` each further failure locks: for `first`, twice that, and so on up to `longest`. One failure is forgotten every
/// `decay`, so over days nobody guesses more often than that.
///
/// Failures are counted for the account at the client's address (IPv4 address, IPv6 /64), for the address whatever the account, and for the
/// IPv6 /48; each may lock. Many clients share an address, and many addresses a site, so an address has five times, a site forty times as
/// many free failures, and forgets them five and forty times as fast. An account alone is never counted: who guesses from one place cannot
/// lock its owner out at another. Strangers who share an address or a /48, as some carriers' customers do, share its locks.
///
/// An attempt counts as a failure from before it is verified, so that those in parallel gain nothing: at most one more than the free ones
/// are on their way at once. A refund takes the one failure back, and the lock with it: who gets in has served all waits. What others at
/// the same address have failed stays counted.
///
/// Where eight live entries meet in one set of the table, those that come next share one count (KeyedTable).
struct AuthBackoff {
    using slot = slot::auth_backoff;

    unsigned free_failures = 5;                   ///< 0 to 100
    Duration first = std::chrono::seconds{1};     ///< 1 ms to `longest`
    Duration longest = std::chrono::minutes{15};  ///< up to 24 h
    Duration decay = std::chrono::minutes{15};    ///< 1 s to 24 h
    std::size_t table_size = 131'072;             ///< 8 to 2^28 entries of 24 bytes, rounded up to a power of two: 3 MiB

    struct State {
        /// `k0`, `k1`: secret random words. Throws std::bad_alloc.
        State(const AuthBackoff& options, std::uint64_t k0, std::uint64_t k1) : table{options.table_size, {k0, k1}}, secret{k0, k1} {}

        KeyedTable<detail::AuthFailures> table;
        SipKey secret;
    };

    /// Throws InvalidOption.
    void validate() const {
        using namespace std::chrono_literals;
        const auto text = [](Duration d) { return std::to_string(milliseconds(d)) + " ms"; };
        if (free_failures > 100)
            throw InvalidOption{"AuthBackoff.free_failures", std::to_string(free_failures), "0 to 100", "use 5, or NoAuthBackoff{}"};
        if (longest < 1ms || longest > 24h) throw InvalidOption{"AuthBackoff.longest", text(longest), "1 ms to 24 h", "use 15 min"};
        if (first < 1ms || first > longest)
            throw InvalidOption{"AuthBackoff.first", text(first), "1 ms to longest, " + text(longest), "use 1 s"};
        if (decay < 1s || decay > 24h) throw InvalidOption{"AuthBackoff.decay", text(decay), "1 s to 24 h", "use 15 min"};
        if (table_size < ways || table_size > std::size_t{1} << 28U)
            throw InvalidOption{"AuthBackoff.table_size", std::to_string(table_size), "8 to 268435456",
                                "use three times as many as there may be clients that fail within a few times decay"};
    }

    AuthCharge charge(State& state, std::string_view account, const RemoteAddress& address, TimePoint now) const noexcept {
        const Keys keys{state, account, address};
        TimePoint locked_until = now;
        for (const Counted& counted : keys.all()) locked_until = std::max(locked_until, state.table.at(counted.key, now).locked_until);
        if (locked_until > now) return {false, locked_until - now};
        for (const Counted& counted : keys.all()) fail(state.table.at(counted.key, now), counted.tolerance, now);
        return {};
    }

    void refund(State& state, std::string_view account, const RemoteAddress& address) const noexcept {
        const Keys keys{state, account, address};
        for (const Counted& counted : keys.all()) {
            auto& failures = state.table.known(counted.key);
            if (failures.forgotten_at != TimePoint::min()) failures.forgotten_at -= decay / counted.tolerance;
            failures.locked_until = TimePoint::min();
        }
    }

private:
    static constexpr std::size_t ways = KeyedTable<detail::AuthFailures>::ways;

    struct Counted {
        TableKey key{};
        unsigned tolerance = 1;  ///< how many times as much as an account at an address
    };
    struct Keys {
        std::array<Counted, 3> list{};
        std::size_t size = 2;

        Keys(const State& state, std::string_view account, const RemoteAddress& address) noexcept {
            const TableKey client = client_key(address);
            list[0] = {{.high = siphash(state.secret, client.high, client.low), .low = siphash(state.secret, account)}, 1};
            list[1] = {client, 5};
            if (const auto site = site_key(address)) list[size++] = {*site, 40};
        }
        std::span<const Counted> all() const noexcept { return {list.data(), size}; }
    };

    void fail(detail::AuthFailures& failures, unsigned tolerance, TimePoint now) const noexcept {
        const Duration each = decay / tolerance;
        failures.forgotten_at = std::max(failures.forgotten_at, now) + each;
        const auto count = (failures.forgotten_at - now + each - Duration{1}) / each;  // what is half forgotten counts in full
        const auto free = static_cast<Duration::rep>(free_failures) * tolerance;
        if (count > free) failures.locked_until = std::max(failures.locked_until, now + delay(count - free));  // of two that share it
    }
    /// After the n-th failure that is not free, from 1.
    Duration delay(Duration::rep n) const noexcept {
        Duration each = first;
        for (; n > 1 && each < longest; --n) each *= 2;
        return std::min(each, longest);
    }
};

static_assert(AuthBackoffPolicy<AuthBackoff>);

}  // namespace kingbolt
