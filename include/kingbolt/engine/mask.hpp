#pragma once
// The mask on a client's frames (RFC 6455 §5.3): each payload byte XORed with the four bytes of a key in turn.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace kingbolt::engine {

using MaskKey = std::array<char, 4>;

/// Masks or unmasks in place, beginning with the key's first byte. Returns the key for the bytes that follow these, so that a
/// payload may come in pieces of any length.
inline MaskKey apply_mask(std::span<char> bytes, MaskKey key) noexcept {
    std::uint32_t four = 0;
    std::memcpy(&four, key.data(), sizeof four);
    const std::uint64_t eight = (std::uint64_t{four} << 32U) | four;
    char* at = bytes.data();
    std::size_t left = bytes.size();
    // memcpy, because nothing about a frame is aligned. Four words a round become two or one vector where there are vectors.
    for (; left >= 32; at += 32, left -= 32) {
        std::uint64_t words[4];
        std::memcpy(words, at, sizeof words);
        for (auto& word : words) word ^= eight;
        std::memcpy(at, words, sizeof words);
    }
    for (; left >= 4; at += 4, left -= 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, at, sizeof word);
        word ^= four;
        std::memcpy(at, &word, sizeof word);
    }
    for (std::size_t i = 0; i < left; ++i) at[i] = static_cast<char>(at[i] ^ key[i]);
    MaskKey next = key;
    for (std::size_t i = 0; i < key.size(); ++i) next[i] = key[(i + left) % key.size()];
    return next;
}

}  // namespace kingbolt::engine
