#pragma once
// Where in an upgrade request a token may be.

#include <kingbolt/core/error.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/engine/text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

/// Each can be switched off, and they are looked at in this order.
struct TokenSources {
    /// `Authorization: Bearer <token>` (RFC 6750 §2.1). Browsers cannot send it with a WebSocket.
    bool authorization = true;
    /// `bearer.<token>`, an element of Sec-WebSocket-Protocol: for browsers, `new WebSocket(url, ["app.v1", "bearer." + token])`. It is
    /// never selected, so offer another one: a browser that offers and is answered with none gives up.
    bool subprotocol = true;
    /// The name of a cookie; empty: none is looked at. Browsers send cookies whatever page opens the WebSocket, so the hub must check where
    /// it comes from: give it AllowedOrigins.
    std::string cookie{};
    /// `?access_token=<token>` (RFC 6750 §2.3). Proxies and servers write targets into their logs.
    bool query = false;

    /// For members of other options: g++ 12 takes a string in a nested aggregate for uninitialised and warns, unless a function made it.
    static TokenSources defaults() { return {}; }

    /// What a request shows: views of it.
    struct Presented {
        std::optional<std::string_view> token{};  ///< the first; none: there is none
        bool ambiguous = false;                   ///< there are others, and they differ
    };

    /// Throws InvalidOption.
    void validate() const {
        if (!cookie.empty() && !is_token(cookie))
            throw InvalidOption{"TokenSources.cookie", engine::in_quotes(cookie), "a cookie's name (RFC 6265 §4.1.1)",
                                "leave it empty for none"};
    }

    /// The first token, in the order above.
    Presented find(const HttpRequest& request) const {
        Presented presented;
        const auto note = [&presented](std::string_view token) {
            if (!presented.token) presented.token = token;
            presented.ambiguous = presented.ambiguous || *presented.token != token;
            return true;
        };
        if (authorization)
            for (const auto& [name, value] : request.headers)
                if (same_name(name, "Authorization") && is_bearer(value)) note(trimmed(std::string_view{value}.substr(scheme.size())));
        if (subprotocol)
            each_element(request.headers, subprotocol_header,
                         [&note](std::string_view element) { return !element.starts_with(prefix) || note(element.substr(prefix.size())); });
        if (!cookie.empty())
            for (const auto& [name, value] : request.headers)
                if (same_name(name, cookie_header))
                    each_pair(value, ';', [&](std::string_view key, std::string_view content) {
                        if (key == cookie) note(content);
                    });
        if (query)
            each_pair(query_of(request.target), '&', [&](std::string_view key, std::string_view content) {
                if (key == parameter) note(content);
            });
        return presented;
    }

    /// Takes tokens out, also from where they are not looked for: the application need not know of them, and its log must not. The header
    /// Authorization goes as a whole; of the cookies only the one that is named here is known to be a token.
    void redact(UpgradeRequest& request) const {
        std::erase_if(request.subprotocols, [](const std::string& name) { return name.starts_with(prefix); });
        std::erase_if(request.headers, [this](auto& field) {
            if (same_name(field.first, subprotocol_header)) {
                field.second = without_tokens(field.second);
                return field.second.empty();
            }
            if (same_name(field.first, cookie_header) && !cookie.empty()) field.second = blanked(field.second, ';', cookie, "");
            return same_name(field.first, "Authorization");
        });
        const std::string_view query_part = query_of(request.target);
        const std::string clean = blanked(query_part, '&', parameter, "redacted");
        request.target.replace(request.target.size() - query_part.size(), query_part.size(), clean);
    }

private:
    static constexpr std::string_view scheme = "Bearer", prefix = "bearer.", parameter = "access_token";
    static constexpr std::string_view subprotocol_header = "Sec-WebSocket-Protocol", cookie_header = "Cookie";

    /// The name of a scheme has no case (RFC 9110 §11.1).
    static bool is_bearer(std::string_view value) noexcept {
        return same_name(value.substr(0, scheme.size()), scheme) && (value.size() == scheme.size() || is_blank(value[scheme.size()]));
    }
    static std::string_view query_of(std::string_view target) noexcept {
        return target.substr(std::min(target.find('?'), target.size() - 1) + 1);
    }
    static std::string without_tokens(std::string_view list) {
        std::string rest;
        each_element(list, [&rest](std::string_view element) {
            if (!element.starts_with(prefix)) rest.append(rest.empty() ? "" : ", ").append(element);
            return true;
        });
        return rest;
    }

    /// Calls `use(name, value)` for each `name=value`.
    template <class Use>
    static void each_pair(std::string_view text, char separator, Use&& use) {
        while (!text.empty()) {
            const std::string_view pair = text.substr(0, text.find(separator));
            if (const std::size_t equals = pair.find('='); equals != std::string_view::npos)
                use(trimmed(pair.substr(0, equals)), trimmed(pair.substr(equals + 1)));
            text.remove_prefix(std::min(pair.size() + 1, text.size()));
        }
    }
    /// `text`, where each value of `wanted` has become `replacement`.
    static std::string blanked(std::string_view text, char separator, std::string_view wanted, std::string_view replacement) {
        std::string out;
        std::size_t kept = 0;  // up to here `text` is in `out`
        each_pair(text, separator, [&](std::string_view name, std::string_view value) {
            if (name != wanted) return;
            const auto at = static_cast<std::size_t>(value.data() - text.data());
            out.append(text.substr(kept, at - kept)).append(replacement);
            kept = at + value.size();
        });
        return out.append(text.substr(kept));
    }
};

}  // namespace kingbolt
