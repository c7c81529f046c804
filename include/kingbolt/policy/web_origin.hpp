#pragma once
// An origin as browsers write it: scheme, host and port (RFC 6454 §6.2).

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

/// Comparable: names are in lower case, and a port that goes without saying is filled in.
struct WebOrigin {
    std::string scheme{};    ///< `https`
    std::string host{};      ///< an IPv6 address with its brackets
    std::uint16_t port = 0;  ///< 0: the scheme has none, as a browser's extensions do

    bool operator==(const WebOrigin&) const = default;

    /// `https://a.example`, `http://[::1]:8080`. Nothing for anything else: `null`, a list, a path and be it `/`, a user, an empty host.
    static std::optional<WebOrigin> parse(std::string_view text) {
        const auto colon = text.find("://");
        if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
        return parse_authority(text.substr(colon + 3), lower(text.substr(0, colon)));
    }

    /// The origin of the pages that this host serves over `scheme`: what `Host` says, `a.example` or `a.example:8080`.
    static std::optional<WebOrigin> parse_authority(std::string_view host, std::string scheme) {
        if (!is_host(host)) return std::nullopt;
        // Behind the brackets, if there are any; without a bracket the search begins at 0.
        const auto colon = host.find(':', host.rfind(']') + 1);
        WebOrigin origin{.scheme = std::move(scheme), .host = lower(host.substr(0, colon))};
        if (origin.host.empty() || origin.host == "[]") return std::nullopt;
        origin.port = default_port(origin.scheme);
        if (colon != std::string_view::npos) {
            const std::string_view digits = host.substr(colon + 1);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), origin.port);
            if (error != std::errc{} || end != digits.data() + digits.size() || digits.front() == '0') return std::nullopt;
        }
        return origin;
    }

private:
    static std::string lower(std::string_view text) {
        std::string result{text};
        for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        return result;
    }
    /// RFC 3986 §3.1.
    static bool is_scheme(std::string_view text) noexcept {
        const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
        const auto of_scheme = [letter](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
        return !text.empty() && letter(text.front()) && std::ranges::all_of(text, of_scheme);
    }
    static std::uint16_t default_port(std::string_view scheme) noexcept { return scheme == "https" ? 443 : scheme == "http" ? 80 : 0; }
};

}  // namespace kingbolt
