#pragma once
// SipHash-2-4 (Aumasson, Bernstein: SipHash, a fast short-input PRF, 2012): who does not know the key cannot choose inputs that collide.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kingbolt {

/// A secret, of two words from the system's random device.
struct SipKey {
    std::uint64_t k0 = 0;  ///< the first word
    std::uint64_t k1 = 0;  ///< the second
};

namespace detail {

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    constexpr explicit SipState(SipKey key) noexcept
        : v0{key.k0 ^ 0x736F6D6570736575ULL},
          v1{key.k1 ^ 0x646F72616E646F6DULL},
          v2{key.k0 ^ 0x6C7967656E657261ULL},
          v3{key.k1 ^ 0x7465646279746573ULL} {}

    constexpr void round() noexcept {
        v0 += v1;
        v2 += v3;
        v1 = std::rotl(v1, 13) ^ v0;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 = std::rotl(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = std::rotl(v1, 17) ^ v2;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 = std::rotl(v2, 32);
    }
    constexpr void take(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
    constexpr std::uint64_t finish() noexcept {
        v2 ^= 0xFF;
        for (int n = 0; n < 4; ++n) round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
};

}  // namespace detail

/// SipHash-2-4 of a text.
constexpr std::uint64_t siphash(SipKey key, std::string_view bytes) noexcept {
    detail::SipState state{key};
    // The last word holds what is left over, and the length in its highest byte.
    std::uint64_t word = 0;
    std::size_t filled = 0;
    for (const char c : bytes) {
        word |= std::uint64_t{static_cast<unsigned char>(c)} << (8 * filled);
        if (++filled < 8) continue;
        state.take(word);
        word = filled = 0;
    }
    state.take(word | std::uint64_t{bytes.size() & 0xFFU} << 56U);
    return state.finish();
}

/// Of the 16 bytes that two words make, the lowest byte first.
constexpr std::uint64_t siphash(SipKey key, std::uint64_t first, std::uint64_t second) noexcept {
    detail::SipState state{key};
    state.take(first);
    state.take(second);
    state.take(std::uint64_t{16} << 56U);
    return state.finish();
}

}  // namespace kingbolt
