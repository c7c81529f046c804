#pragma once
// UTF-8 at the edges of a text. What is looked at is known to be UTF-8, but perhaps cut off at its end.

#include <cstddef>
#include <string_view>

namespace kingbolt::transport::detail {

/// A control frame holds 125 bytes, and the code takes two of them (RFC 6455 §5.5.1).
inline constexpr std::size_t max_close_reason = 123;

inline bool is_utf8_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// The longest prefix of at most `size` bytes that ends between two characters.
inline std::string_view utf8_prefix(std::string_view text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && is_utf8_continuation(text[size])) --size;
    return text.substr(0, size);
}

inline bool ends_inside_character(std::string_view text) {
    std::size_t trailing = 0;
    while (trailing < text.size() && trailing < 4 && is_utf8_continuation(text[text.size() - 1 - trailing])) ++trailing;
    if (trailing == text.size()) return trailing > 0;
    const auto lead = static_cast<unsigned char>(text[text.size() - 1 - trailing]);
    const std::size_t wanted = lead >= 0xF0U ? 3 : lead >= 0xE0U ? 2 : lead >= 0xC0U ? 1 : 0;
    return trailing < wanted;
}

}  // namespace kingbolt::transport::detail
