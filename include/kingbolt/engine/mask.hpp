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
    // A vector of the compiler's, and memcpy, because nothing about a frame is aligned: written with words, the same loop begins with more
    // instructions than a short message needs.
    using Four = std::uint32_t;
    using Sixteen [[gnu::vector_size(16)]] = Four;
    Four four = 0;
    std::memcpy(&four, key.data(), sizeof four);
    const Sixteen sixteen{four, four, four, four};
    Sixteen seen_sixteen{};  // every bit of any word
    Four seen = 0;
    const auto apply = [](auto mask, char* at, auto& seen_bits) {
        decltype(mask) word;
        std::memcpy(&word, at, sizeof word);
        word ^= mask;
        seen_bits |= word;
        std::memcpy(at, &word, sizeof word);
    };
    char* at = bytes.data();
    char* const end = at + bytes.size();
    for (; end - at >= 64; at += 64) {
        apply(sixteen, at, seen_sixteen);
        apply(sixteen, at + 16, seen_sixteen);
        apply(sixteen, at + 32, seen_sixteen);
        apply(sixteen, at + 48, seen_sixteen);
    }
    for (; end - at >= 16; at += 16) apply(sixteen, at, seen_sixteen);
    for (; end - at >= 4; at += 4) apply(four, at, seen);
    for (std::size_t i = 0; at < end; ++at, ++i) {
        *at = static_cast<char>(*at ^ key[i]);
        seen |= static_cast<unsigned char>(*at);
    }
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), &seen_sixteen, sizeof halves);
    return ((halves[0] | halves[1] | seen) & 0x8080'8080'8080'8080) == 0;
}

/// For what follows the first `size` bytes of a payload, which may come in pieces of any length.
constexpr MaskKey key_after(std::size_t size, MaskKey key) noexcept {
    MaskKey next = key;
    for (std::size_t i = 0; i < key.size(); ++i) next[i] = key[(i + size) % key.size()];
    return next;
}

}  // namespace kingbolt::engine
