#pragma once
// Whose request is it, when a proxy passes it on?

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/remote_address.hpp>

#include <concepts>

namespace kingbolt {

/// Worked model: TrustedProxies in policy/trusted_proxies.hpp. Pure.
///   trusts      is this peer a proxy, whose word about the client is believed? Then the client is not known before its request
///   client_of   where a request came from that arrived from `peer`
template <class P>
concept ClientAddressPolicy = requires(const P& policy, const RemoteAddress& peer, const HttpRequest& request) {
    { policy.trusts(peer) } -> std::same_as<bool>;
    { policy.client_of(peer, request) } -> std::same_as<RemoteAddress>;
};

}  // namespace kingbolt
