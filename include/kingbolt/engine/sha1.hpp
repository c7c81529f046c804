#pragma once
// SHA-1 (FIPS 180-4 §6.1), which RFC 6455 uses to recognize a server that has read the request. It protects nothing, and must
// not be used where something is to be protected.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kingbolt::engine {

class Sha1 {
public:
    using Digest = std::array<unsigned char, 20>;

    static constexpr Digest of(std::string_view text) noexcept {
        Sha1 hash;
        std::string_view rest = text;
        for (; rest.size() >= block_size; rest.remove_prefix(block_size)) hash.add(rest.substr(0, block_size));
        // The end: a one bit, zeros, and the length in bits, in one block or in two.
        std::array<char, 2 * block_size> tail{};
        for (std::size_t i = 0; i < rest.size(); ++i) tail[i] = rest[i];
        tail[rest.size()] = static_cast<char>(0x80);
        const std::size_t size = rest.size() < block_size - 8 ? block_size : 2 * block_size;
        const std::uint64_t bits = std::uint64_t{text.size()} * 8;
        for (std::size_t i = 0; i < 8; ++i) tail[size - 1 - i] = static_cast<char>((bits >> (8 * i)) & 0xFFU);
        for (std::size_t at = 0; at < size; at += block_size) hash.add({tail.data() + at, block_size});

        Digest digest{};
        for (std::size_t i = 0; i < digest.size(); ++i)
            digest[i] = static_cast<unsigned char>((hash.state_[i / 4] >> (24 - 8 * (i % 4))) & 0xFFU);
        return digest;
    }

private:
    static constexpr std::size_t block_size = 64;

    constexpr void add(std::string_view block) noexcept {
        // The schedule's last sixteen words, which are all that its next one needs (§6.1.3).
        std::array<std::uint32_t, 16> words{};
        const auto byte = [block](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(block[i])}; };
        for (std::size_t t = 0; t < 16; ++t)
            words[t] = (byte(4 * t) << 24U) | (byte(4 * t + 1) << 16U) | (byte(4 * t + 2) << 8U) | byte(4 * t + 3);
        const auto word = [&words](std::size_t t) {
            std::uint32_t& w = words[t % 16];
            if (t >= 16) w = std::rotl(words[(t - 3) % 16] ^ words[(t - 8) % 16] ^ words[(t - 14) % 16] ^ w, 1);
            return w;
        };

        std::uint32_t a = state_[0], b = state_[1], c = state_[2], d = state_[3], e = state_[4];
        const auto twenty_rounds = [&](std::size_t first, std::uint32_t constant, auto mix) {
            for (std::size_t t = first; t < first + 20; ++t) {
                const std::uint32_t next = std::rotl(a, 5) + mix(b, c, d) + e + constant + word(t);
                e = d;
                d = c;
                c = std::rotl(b, 30);
                b = a;
                a = next;
            }
        };
        const auto parity = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return x ^ y ^ z; };
        twenty_rounds(0, 0x5A82'7999, [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return (x & y) ^ (~x & z); });
        twenty_rounds(20, 0x6ED9'EBA1, parity);
        twenty_rounds(40, 0x8F1B'BCDC, [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return (x & y) ^ (x & z) ^ (y & z); });
        twenty_rounds(60, 0xCA62'C1D6, parity);
        state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d, state_[4] + e};
    }

    std::array<std::uint32_t, 5> state_{0x6745'2301, 0xEFCD'AB89, 0x98BA'DCFE, 0x1032'5476, 0xC3D2'E1F0};
};

}  // namespace kingbolt::engine
