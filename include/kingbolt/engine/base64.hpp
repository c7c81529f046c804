#pragma once
// Base64 (RFC 4648 §4).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt::engine {

inline constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string base64(std::span<const unsigned char> bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    while (!bytes.empty()) {
        const auto group = bytes.first(bytes.size() < 3 ? bytes.size() : 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) bits = (bits << 8U) | (i < group.size() ? group[i] : 0U);
        for (std::size_t i = 0; i < 4; ++i) text += i <= group.size() ? base64_alphabet[(bits >> (18 - 6 * i)) & 0x3FU] : '=';
        bytes = bytes.subspan(group.size());
    }
    return text;
}

/// Decodes to exactly `size` bytes. Bits that the last character has too many may be anything: RFC 4648 §3.5 leaves that to the decoder,
/// and clients with keys written by hand exist.
constexpr bool is_base64_of(std::string_view text, std::size_t size) noexcept {
    if (text.size() != (size + 2) / 3 * 4) return false;
    const std::size_t padding = (3 - size % 3) % 3;
    if (text.substr(text.size() - padding) != std::string_view{"=="}.substr(0, padding)) return false;
    return text.substr(0, text.size() - padding).find_first_not_of(base64_alphabet) == std::string_view::npos;
}

}  // namespace kingbolt::engine
