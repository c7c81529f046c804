#pragma once
// Whose pages may open a WebSocket: against cross-site WebSocket hijacking (CWE-1385).

#include <kingbolt/concepts/origin_policy.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/policy/web_origin.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt {

/// Any page, also one that its user was lured to. Only for servers that tell everybody the same. Costs nothing.
struct AnyOrigin {
    using slot = slot::origins;
    static constexpr OriginVerdict check(const HttpRequest&) noexcept { return {}; }
};

static_assert(OriginPolicy<AnyOrigin>);

namespace detail {

/// What a request says in a header that it may have once.
struct OneHeader {
    std::size_t count = 0;
    std::string_view value{};

    OneHeader(const HttpRequest& request, std::string_view name) noexcept {
        for (const auto& [field, text] : request.headers) {
            if (!same_name(field, name)) continue;
            ++count;
            value = text;
        }
    }
};

}  // namespace detail

/// Pages of the host that is asked: Origin's host and port are those of `Host`. The scheme is not compared, because TLS may end at a proxy.
/// Requests without Origin are allowed: they come from no browser. A proxy that rewrites `Host` needs AllowedOrigins; so does a server
/// that may be reached under any name, as one on localhost: another's name may be made to point at it (DNS rebinding).
struct SameOrigin {
    using slot = slot::origins;

    static OriginVerdict check(const HttpRequest& request) {
        const detail::OneHeader sent{request, "Origin"};
        if (sent.count == 0) return {};
        if (sent.count > 1) return {false, "more than one Origin"};
        const auto origin = WebOrigin::parse(sent.value);
        if (!origin) return {false, "Origin is malformed, or null"};
        const detail::OneHeader host{request, "Host"};
        if (host.count != 1 || WebOrigin::parse_authority(host.value, origin->scheme) != origin)
            return {false, "Origin is not the host that was asked"};
        return {};
    }
};

static_assert(OriginPolicy<SameOrigin>);

/// Pages of the origins that are listed, each whole: scheme, host and port. Nothing is a pattern, and nothing is compared by a part.
struct AllowedOrigins {
    using slot = slot::origins;

    std::vector<std::string> origins{};  ///< as browsers write them, `https://a.example` or `http://[::1]:8080`; at most 1,000
    bool require = false;                ///< whether a request without Origin is refused; without it, what comes from no browser is allowed

    /// Throws InvalidOption.
    void validate() const {
        if (origins.size() > 1'000)
            throw InvalidOption{"AllowedOrigins.origins", std::to_string(origins.size()), "at most 1,000",
                                "write a policy for slot::origins"};
        for (const std::string& origin : origins) {
            if (!WebOrigin::parse(origin) || origin.find('*') != std::string::npos)
                throw InvalidOption{"AllowedOrigins.origins", origin, "scheme://host or scheme://host:port",
                                    "write each origin in full: no path, no slash at the end, no wildcard, not null"};
        }
    }

    OriginVerdict check(const HttpRequest& request) const {
        const detail::OneHeader sent{request, "Origin"};
        if (sent.count == 0) return require ? OriginVerdict{false, "no Origin"} : OriginVerdict{};
        if (sent.count > 1) return {false, "more than one Origin"};
        const auto origin = WebOrigin::parse(sent.value);
        if (!origin) return {false, "Origin is malformed, or null"};
        // The list is read anew each time: once a handshake, and a policy stays the list that its user wrote.
        if (std::ranges::none_of(origins, [&origin](const std::string& allowed) { return WebOrigin::parse(allowed) == origin; }))
            return {false, "Origin is not allowed"};
        return {};
    }
};

static_assert(OriginPolicy<AllowedOrigins>);

}  // namespace kingbolt
