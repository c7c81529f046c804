#pragma once
// Base64url without padding (RFC 7515 §2, RFC 4648 §5).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::engine {

inline constexpr std::uint8_t no_sextet = 64;
inline constexpr auto base64url_sextets = [] {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::array<std::uint8_t, 256> table{};
    table.fill(no_sextet);
    for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

/// None unless `text` is the one encoding of what it encodes: no padding, no blank, no bit set that belongs to no byte. Otherwise one token
/// could be written in several ways, and a list of revoked tokens be evaded.
inline std::optional<std::string> base64url_decoded(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned pending = 0;  // bits that are not yet part of a byte: the lowest of `bits`
    for (const char c : text) {
        const std::uint8_t sextet = base64url_sextets[static_cast<unsigned char>(c)];
        if (sextet == no_sextet) return std::nullopt;
        bits = (bits << 6U) | sextet;
        pending += 6;
        if (pending >= 8) {
            pending -= 8;
            bytes += static_cast<char>((bits >> pending) & 0xFFU);
        }
    }
    const bool whole = pending < 6 && (bits & ((1U << pending) - 1U)) == 0;
    return whole ? std::optional{std::move(bytes)} : std::nullopt;
}

}  // namespace kingbolt::engine
