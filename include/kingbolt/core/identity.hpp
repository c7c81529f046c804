#pragma once
// Who a client is, as its credentials say.

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt {

/// A moment of the calendar, as tokens name it. Nothing in the hub waits for one: see Authentication::expires_in.
using WallTime = std::chrono::system_clock::time_point;

struct Identity {
    std::string subject{};                 ///< `sub`
    std::string token_id{};                ///< `jti`; empty: the token has none
    std::vector<std::string> scopes{};     ///< of the claim `scope`, or what the authenticator takes for it
    std::optional<WallTime> expires_at{};  ///< none: never
    std::string claims{};                  ///< the JSON object that was signed; empty where there was none

    /// Exactly that one; ScopeAuthorizer knows patterns.
    bool has_scope(std::string_view scope) const noexcept { return std::ranges::find(scopes, scope) != scopes.end(); }
    bool operator==(const Identity&) const = default;
};

}  // namespace kingbolt
