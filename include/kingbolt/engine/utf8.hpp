#pragma once
// Is it UTF-8 (RFC 3629)? Asked while the bytes are still arriving, so that a text which cannot become one ends its connection at
// the first wrong byte, and not after a megabyte of buffering.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kingbolt::engine {

/// Not the first byte of a character.
constexpr bool is_utf8_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Takes a text in pieces, cut anywhere. Overlong forms, surrogates and what lies beyond U+10FFFF are not UTF-8.
class Utf8Validator {
public:
    /// False at the first byte that no text could have there; then nothing more may be fed.
    bool feed(std::string_view piece) noexcept {
        const char* at = piece.data();
        const char* const end = at + piece.size();
        for (; at != end; ++at) {
            if (awaited_ == 0) at = after_characters(after_ascii(at, end), end);
            if (at == end) break;
            if (!(awaited_ > 0 ? continues(*at) : begins(*at))) return false;
        }
        return true;
    }

    /// What was fed so far ends between two characters.
    bool complete() const noexcept { return awaited_ == 0; }

private:
    static unsigned byte(char c) noexcept { return static_cast<unsigned char>(c); }
    static std::uint64_t word(const char* at) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        return word;
    }

    static const char* after_ascii(const char* at, const char* end) noexcept {
        constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
        for (; end - at >= 32; at += 32) {
            if (((word(at) | word(at + 8) | word(at + 16) | word(at + 24)) & high_bits) != 0) break;
        }
        for (; end - at >= 8; at += 8) {
            if ((word(at) & high_bits) != 0) break;
        }
        while (at != end && byte(*at) < 0x80) ++at;
        return at;
    }

    /// Past whole characters of two and three bytes, in which most of the world writes; the rare leads whose second byte
    /// has narrower bounds are left to `begins`.
    static const char* after_characters(const char* at, const char* end) noexcept {
        while (end - at >= 3) {
            const unsigned lead = byte(*at);
            if (lead >= 0xC2 && lead < 0xE0 && is_utf8_continuation(at[1])) {
                at += 2;
            } else if (lead > 0xE0 && lead < 0xF0 && lead != 0xED && is_utf8_continuation(at[1]) && is_utf8_continuation(at[2])) {
                at += 3;
            } else {
                break;
            }
        }
        return at;
    }

    bool begins(char c) noexcept {
        const unsigned lead = byte(c);
        if (lead < 0x80) return true;
        if (lead < 0xC2 || lead > 0xF4) return false;
        awaited_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        // RFC 3629 §4: the second byte excludes overlong forms after E0 and F0, surrogates after ED, the beyond after F4.
        lowest_ = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        highest_ = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        return true;
    }
    bool continues(char c) noexcept {
        if (byte(c) < lowest_ || byte(c) > highest_) return false;
        --awaited_;
        lowest_ = 0x80;
        highest_ = 0xBF;
        return true;
    }

    std::uint8_t awaited_ = 0;                     ///< bytes that the begun character still needs
    std::uint8_t lowest_ = 0x80, highest_ = 0xBF;  ///< what the next of them may be
};

static_assert(sizeof(Utf8Validator) <= 4, "every connection has one");

inline bool is_utf8(std::string_view text) noexcept {
    Utf8Validator validator;
    return validator.feed(text) && validator.complete();
}

/// The longest prefix of at most `size` bytes that ends between two characters of a text that is UTF-8.
constexpr std::string_view utf8_prefix(std::string_view text, std::size_t size) noexcept {
    if (text.size() <= size) return text;
    while (size > 0 && is_utf8_continuation(text[size])) --size;
    return text.substr(0, size);
}

}  // namespace kingbolt::engine
