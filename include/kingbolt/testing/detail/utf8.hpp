#pragma once
// Is it UTF-8 (RFC 3629)? Overlong forms, surrogates and what lies beyond U+10FFFF are not.

#include <cstddef>
#include <string_view>

namespace kingbolt::testing::detail {

constexpr bool is_utf8(std::string_view text) noexcept {
    const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned lead = at(i);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        if (length == 0 || text.size() - i < length) return false;
        for (std::size_t k = 1; k < length; ++k) {
            if ((at(i + k) & 0xC0U) != 0x80U) return false;
        }
        const unsigned second = length > 1 ? at(i + 1) : 0;
        if (lead == 0xE0 && second < 0xA0) return false;  // overlong
        if (lead == 0xED && second > 0x9F) return false;  // surrogate
        if (lead == 0xF0 && second < 0x90) return false;  // overlong
        if (lead == 0xF4 && second > 0x8F) return false;  // beyond U+10FFFF
        i += length;
    }
    return true;
}

}  // namespace kingbolt::testing::detail
