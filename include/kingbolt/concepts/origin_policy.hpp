#pragma once
// May a page of that origin speak to this server?

#include <kingbolt/core/http.hpp>

#include <concepts>
#include <string_view>

namespace kingbolt {

/// May a page of this origin connect?
struct OriginVerdict {
    bool allowed = true;        ///< false: 403
    std::string_view detail{};  ///< of a refusal: why, for the journal; a literal

    explicit operator bool() const noexcept { return allowed; }
};

/// Worked model: AllowedOrigins in policy/allowed_origins.hpp. Pure. A browser lets any page open a WebSocket to any server, and sends the
/// user's cookies along; it is the server who has to look at `Origin` (RFC 6455 §10.2). Who is no browser writes there what he likes.
template <class O>
concept OriginPolicy = requires(const O& policy, const HttpRequest& request) {
    { policy.check(request) } -> std::same_as<OriginVerdict>;
};

}  // namespace kingbolt
