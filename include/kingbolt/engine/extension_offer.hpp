#pragma once
// Reads what a client offers in Sec-WebSocket-Extensions (RFC 6455 §9.1): `permessage-deflate; client_max_window_bits;
// server_max_window_bits=10`. Which offer is taken is decided where the extension is.

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::engine {

/// `"10"` or `10`; none when it is neither a token nor a quoted one, as §9.1 demands.
inline std::optional<std::string> unquoted_token(std::string_view text) {
    std::string value;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        text = text.substr(1, text.size() - 2);
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
            value += text[i];
        }
    } else {
        value = text;
    }
    return is_token(value) ? std::optional{std::move(value)} : std::nullopt;
}

/// One element of the list; none when it is malformed.
inline std::optional<ExtensionOffer> read_extension_offer(std::string_view element) {
    ExtensionOffer offer;
    const auto next_part = [&element] {
        const std::size_t semicolon = std::min(element.find(';'), element.size());
        const std::string_view part = trimmed(element.substr(0, semicolon));
        element.remove_prefix(semicolon);
        return part;
    };
    offer.name = next_part();
    if (!is_token(offer.name)) return std::nullopt;
    while (!element.empty()) {
        element.remove_prefix(1);
        const std::string_view part = next_part();
        const std::size_t equals = std::min(part.find('='), part.size());
        ExtensionParameter parameter{.name = std::string{trimmed(part.substr(0, equals))}};
        if (!is_token(parameter.name)) return std::nullopt;
        if (equals < part.size()) {
            parameter.value = unquoted_token(trimmed(part.substr(equals + 1)));
            if (!parameter.value) return std::nullopt;
        }
        offer.parameters.push_back(std::move(parameter));
    }
    return offer;
}

}  // namespace kingbolt::engine
