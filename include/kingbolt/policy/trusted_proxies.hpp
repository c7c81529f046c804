#pragma once
// Where a request comes from when proxies stand in between, and whose word is believed about it.

#include <kingbolt/concepts/client_address.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/address_range.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/policy/forwarded.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt {

/// Nobody's word is believed: the peer is the client. Costs nothing.
struct NoProxies {
    using slot = slot::client_address;
    static constexpr bool trusts(const RemoteAddress&) noexcept { return false; }
    static constexpr RemoteAddress client_of(const RemoteAddress& peer, const HttpRequest&) noexcept { return peer; }
};

static_assert(ClientAddressPolicy<NoProxies>);

/// The proxies whose `Forwarded` or `X-Forwarded-For` is believed. The client is the last address before one that is none of them: from
/// the right, each element is the word of the hop that was found before it, and is believed only if that hop is trusted.
///
/// - An element that is malformed, or hides the address (`unknown`, `_name`), ends the search: the client is then the hop that wrote it,
///   and counts against that hop's limits.
/// - Several lines of one header are one list (RFC 9110 §5.3).
/// - Where both headers are there and lead to different clients, the peer is the client: a proxy writes one of them, and passes on what a
///   client has put into the other.
struct TrustedProxies {
    using slot = slot::client_address;

    std::vector<std::string> networks{};  ///< addresses and networks: `10.0.0.0/8`, `2001:db8::7`; at most 1,000. Not everybody: /0

    static constexpr std::size_t max_hops = 32;  ///< what lies beyond is not read

    /// Throws InvalidOption.
    void validate() const {
        if (networks.size() > 1'000)
            throw InvalidOption{"TrustedProxies.networks", std::to_string(networks.size()), "at most 1,000",
                                "join them to larger networks"};
        for (const std::string& network : networks) {
            const auto range = AddressRange::parse(network);
            if (!range || range->bits == (range->first.is_v4() ? 96U : 0U))
                throw InvalidOption{"TrustedProxies.networks", network, "an address or a network: 10.0.0.0/8, 2001:db8::/32",
                                    "name the proxies only, and no bits behind the prefix"};
        }
    }

    bool trusts(const RemoteAddress& peer) const {
        // Read anew each time: it is asked a few times for each handshake, and a policy stays the list that its user wrote.
        return std::ranges::any_of(networks, [&peer](const std::string& network) {
            const auto range = AddressRange::parse(network);
            return range && range->contains(peer);
        });
    }

    RemoteAddress client_of(const RemoteAddress& peer, const HttpRequest& request) const {
        if (!trusts(peer)) return peer;
        const auto standard = client_by(peer, request, "Forwarded", forwarded::client_in_forwarded);
        const auto customary = client_by(peer, request, "X-Forwarded-For", forwarded::client_in_x_forwarded_for);
        if (standard && customary) return *standard == *customary ? *standard : peer;
        return standard ? *standard : customary.value_or(peer);
    }

private:
    // Nothing when there is no such header.
    template <class Read>
    std::optional<RemoteAddress> client_by(const RemoteAddress& peer, const HttpRequest& request, std::string_view name, Read read) const {
        const auto named = [name](const auto& field) { return same_name(field.first, name); };
        if (std::ranges::none_of(request.headers, named)) return std::nullopt;
        RemoteAddress client = peer;
        std::size_t hops = 0;
        forwarded::each_element_from_the_right(request.headers, name, [&](std::string_view element) {
            const auto hop = read(element);
            if (hop) client = *hop;
            return hop && ++hops < max_hops && trusts(*hop);
        });
        return client;
    }
};

static_assert(ClientAddressPolicy<TrustedProxies>);

}  // namespace kingbolt
