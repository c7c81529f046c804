#pragma once
// The mask on a client's frames (RFC 6455 §5.3): each payload byte XORed with the four bytes of a key in turn.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace kingbolt::engine {

using MaskKey = std::array<char, 4>;

/// Masks or unmasks in place, beginning with the key's first byte. Whether it is ASCII then: who unmasks a text wants to know, and while
/// the bytes are at hand that costs next to nothing.
inline bool apply_mask(std::span<char> bytes, MaskKey key) noexcept {
    std::uint32_t four = 0;
    std::memcpy(&four, key.data(), sizeof four);
    const std::uint64_t eight = (std::uint64_t{four} << 32U) | four;
    char* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t seen_low = 0, seen_high = 0;  // every bit of any word
    // memcpy, because nothing about a frame is aligned. Two words a round become a vector where there are vectors; an array of them
    // would be built in memory first.
    for (; left >= 16; at += 16, left -= 16) {
        std::uint64_t low = 0, high = 0;
        std::memcpy(&low, at, sizeof low);
        std::memcpy(&high, at + sizeof low, sizeof high);
        low ^= eight;
        high ^= eight;
        seen_low |= low;
        seen_high |= high;
        std::memcpy(at, &low, sizeof low);
        std::memcpy(at + sizeof low, &high, sizeof high);
    }
    for (; left >= 4; at += 4, left -= 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, at, sizeof word);
        word ^= four;
        seen_low |= word;
        std::memcpy(at, &word, sizeof word);
    }
    for (std::size_t i = 0; i < left; ++i) {
        at[i] = static_cast<char>(at[i] ^ key[i]);
        seen_high |= static_cast<unsigned char>(at[i]);
    }
    return ((seen_low | seen_high) & 0x8080'8080'8080'8080) == 0;
}

/// For what follows the first `size` bytes of a payload, which may come in pieces of any length.
constexpr MaskKey key_after(std::size_t size, MaskKey key) noexcept {
    MaskKey next = key;
    for (std::size_t i = 0; i < key.size(); ++i) next[i] = key[(i + size) % key.size()];
    return next;
}

}  // namespace kingbolt::engine
