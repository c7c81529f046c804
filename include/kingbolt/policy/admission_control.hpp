#pragma once
// Who may connect: bounds for all together, for each address, for each site, and for each name, in memory that is taken once.

#include <kingbolt/concepts/admission_policy.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/policy/address_key.hpp>
#include <kingbolt/policy/keyed_table.hpp>
#include <kingbolt/policy/rate_limiter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kingbolt {

/// Admits everybody. Costs nothing.
struct NoAdmissionControl {
    using slot = slot::admission;
    struct State {
        constexpr State() noexcept = default;
        constexpr State(const NoAdmissionControl&, std::uint64_t, std::uint64_t) noexcept {}
    };
    static constexpr AdmissionDecision on_accept(State&, TimePoint) noexcept { return {}; }
    static constexpr AdmissionDecision on_client(State&, const RemoteAddress&, TimePoint) noexcept { return {}; }
    static constexpr AdmissionDecision on_connection(State&, const RemoteAddress&, TimePoint) noexcept { return {}; }
    static constexpr AdmissionDecision enter_subject(State&, std::string_view, TimePoint) noexcept { return {}; }
    static constexpr void leave(State&) noexcept {}
    static constexpr void leave_client(State&, const RemoteAddress&) noexcept {}
    static constexpr void on_gone(State&, const RemoteAddress&) noexcept {}
    static constexpr void leave_subject(State&, std::string_view) noexcept {}
};

static_assert(AdmissionPolicy<NoAdmissionControl>);

namespace detail {

/// What is known of an IP, a site or a name.
struct AdmissionEntry {
    RateLimiter::State handshakes{};
    std::uint32_t connections = 0;
    bool is_fresh(TimePoint now) const noexcept { return connections == 0 && handshakes.full_at <= now; }
};

}  // namespace detail

/// Bounds how many are connected and how fast they come. "IP" is an IPv4 address, or an IPv6 /64; a site is an IPv6 /48.
///
/// - A handshake is charged before anything else is looked at, and stays charged when the client is refused for another reason. A refusal
///   because of the rate itself charges nothing more. So to hammer gains nothing, and costs the client nothing once it stops. Nor does it
///   cost others anything, unless a proxy is in between: then a connection has been accepted before its client is known.
/// - Who rotates addresses meets the bounds for all and for the site, and memory stays as it is. Where eight live entries meet in one set
///   of the table, those that come next share one allowance (KeyedTable): with the default size and 100,000 IPv4 addresses one in 40,000
///   of them, with 100,000 IPv6 sites, which take two entries each, one in 500.
struct AdmissionControl {
    using slot = slot::admission;

    std::size_t max_connections = 100'000;  ///< of all; 1 to 100,000,000
    double accepts_per_second = 1'000;      ///< of all; 0.001 to 1e9
    std::uint32_t accept_burst = 2'000;     ///< of all, at once; 1 to 1,000,000

    std::size_t max_per_ip = 20;                           ///< 1 to 1,000,000
    std::size_t max_per_site = 0;                          ///< 0 to 1,000,000; 0: eight times `max_per_ip`
    std::uint32_t handshakes_per_ip = 10;                  ///< at once, and in each `handshake_window` after that; 1 to 100,000
    std::uint32_t handshakes_per_site = 0;                 ///< likewise; 0 to 1,000,000; 0: eight times `handshakes_per_ip`
    Duration handshake_window = std::chrono::seconds{10};  ///< 1 ms to 1 h
    std::size_t max_per_subject = 0;                       ///< connections of one name; 0 to 1,000,000; 0: no limit
    std::size_t table_size = 524'288;                      ///< 8 to 2^28 entries of 24 bytes, rounded up to a power of two: 12 MiB

    /// Of a refusal because a count is full: nobody can say when somebody will leave.
    static constexpr Duration come_back = std::chrono::seconds{10};

    /// Of addresses, sites and subjects.
    using Table = KeyedTable<detail::AdmissionEntry>;

    struct State {
        /// `k0`, `k1`: secret random words. Throws std::bad_alloc.
        State(const AdmissionControl& options, std::uint64_t k0, std::uint64_t k1) : table{options.table_size, {k0, k1}}, secret{k0, k1} {}

        Table table;
        SipKey secret;
        RateLimiter::State accepts{};
        std::size_t connections = 0;
    };

    /// Throws InvalidOption.
    void validate() const {
        const auto check = [](const char* option, std::size_t value, std::size_t least, std::size_t most, const char* cure) {
            if (value < least || value > most)
                throw InvalidOption{std::string{"AdmissionControl."} + option, std::to_string(value),
                                    std::to_string(least) + " to " + std::to_string(most), cure};
        };
        check("max_connections", max_connections, 1, 100'000'000, "use NoAdmissionControl{} for no limit");
        if (!(accepts_per_second >= 0.001) || accepts_per_second > 1e9)
            throw InvalidOption{"AdmissionControl.accepts_per_second", std::to_string(accepts_per_second), "0.001 to 1e9",
                                "use what the server can take when everybody comes back at once"};
        check("accept_burst", accept_burst, 1, 1'000'000, "allow at least one connection at once");
        check("max_per_ip", max_per_ip, 1, 1'000'000, "use 20, or more where many clients share an address");
        check("max_per_site", max_per_site, 0, 1'000'000, "use 0 for eight times max_per_ip");
        check("handshakes_per_ip", handshakes_per_ip, 1, 100'000, "use 10, or more where many clients share an address");
        check("handshakes_per_site", handshakes_per_site, 0, 1'000'000, "use 0 for eight times handshakes_per_ip");
        if (handshake_window < std::chrono::milliseconds{1} || handshake_window > std::chrono::hours{1})
            throw InvalidOption{"AdmissionControl.handshake_window", std::to_string(milliseconds(handshake_window)) + " ms", "1 ms to 1 h",
                                "use 10 s"};
        check("max_per_subject", max_per_subject, 0, 1'000'000, "use 0 for no limit");
        check("table_size", table_size, Table::ways, std::size_t{1} << 28U, "use about four times max_connections, twice that for IPv6");
    }

    AdmissionDecision on_accept(State& state, TimePoint now) const noexcept {
        const RateLimiter limiter{.per_second = accepts_per_second, .burst = accept_burst};
        if (const Admission rate = limiter.admit(state.accepts, now); !rate)
            return {false, 503, rate.retry_after, "connections arrive too fast"};
        if (state.connections >= max_connections) return {false, 503, come_back, "too many connections"};
        ++state.connections;
        return {};
    }
    static void leave(State& state) noexcept { --state.connections; }

    AdmissionDecision on_client(State& state, const RemoteAddress& address, TimePoint now) const noexcept {
        const auto ip_place = state.table.place_of(client_key(address));
        const auto site_key = kingbolt::site_key(address);
        const auto site_place = site_key ? state.table.place_of(*site_key) : Table::Place{};
        auto& ip = state.table.at(ip_place, now);
        if (const Admission rate = handshakes(handshakes_per_ip).admit(ip.handshakes, now); !rate)
            return {false, 429, rate.retry_after, "too many handshakes from this address"};
        auto* const site = site_key ? &state.table.at(site_place, now) : nullptr;
        if (site != nullptr) {
            if (const Admission rate = handshakes(site_handshakes()).admit(site->handshakes, now); !rate)
                return {false, 429, rate.retry_after, "too many handshakes from this site"};
        }
        if (ip.connections >= max_per_ip) return {false, 429, come_back, "too many connections from this address"};
        if (site != nullptr) {
            if (site->connections >= site_connections()) return {false, 429, come_back, "too many connections from this site"};
            ++site->connections;
        }
        ++ip.connections;
        return {};
    }
    static void leave_client(State& state, const RemoteAddress& address) noexcept {
        --state.table.known(client_key(address)).connections;
        if (const auto site = site_key(address)) --state.table.known(*site).connections;
    }

    AdmissionDecision on_connection(State& state, const RemoteAddress& address, TimePoint now) const noexcept {
        // The client first: one who hammers must not use up what all may do together.
        if (const AdmissionDecision client = on_client(state, address, now); !client) return client;
        const AdmissionDecision overall = on_accept(state, now);
        if (!overall) leave_client(state, address);
        return overall;
    }
    static void on_gone(State& state, const RemoteAddress& address) noexcept {
        leave_client(state, address);
        leave(state);
    }

    AdmissionDecision enter_subject(State& state, std::string_view subject, TimePoint now) const noexcept {
        if (max_per_subject == 0) return {};
        auto& entry = state.table.at(subject_key(state, subject), now);
        if (entry.connections >= max_per_subject) return {false, 429, come_back, "too many connections of this subject"};
        ++entry.connections;
        return {};
    }
    void leave_subject(State& state, std::string_view subject) const noexcept {
        if (max_per_subject != 0) --state.table.known(subject_key(state, subject)).connections;
    }

private:
    static constexpr std::uint32_t site_factor = 8;

    std::size_t site_connections() const noexcept { return max_per_site != 0 ? max_per_site : max_per_ip * site_factor; }
    std::uint32_t site_handshakes() const noexcept {
        return handshakes_per_site != 0 ? handshakes_per_site : handshakes_per_ip * site_factor;
    }
    RateLimiter handshakes(std::uint32_t per_window) const noexcept {
        return {.per_second = per_window / std::chrono::duration<double>{handshake_window}.count(), .burst = per_window};
    }
    // The low word is the prefix length of no address.
    static TableKey subject_key(const State& state, std::string_view subject) noexcept {
        return {.high = siphash(state.secret, subject), .low = 1};
    }
};

static_assert(AdmissionPolicy<AdmissionControl>);

}  // namespace kingbolt
