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
        std::array<std::uint32_t, 80> schedule{};
        for (std::size_t i = 0; i < block_size; ++i)
            schedule[i / 4] = (schedule[i / 4] << 8U) | std::uint32_t{static_cast<unsigned char>(block[i])};
        for (std::size_t t = 16; t < schedule.size(); ++t)
            schedule[t] = std::rotl(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);

        auto [a, b, c, d, e] = state_;
        for (std::size_t t = 0; t < schedule.size(); ++t) {
            std::uint32_t mixed = 0;
            switch (t / 20) {
            case 0: mixed = ((b & c) ^ (~b & d)) + 0x5A82'7999; break;
            case 1: mixed = (b ^ c ^ d) + 0x6ED9'EBA1; break;
            case 2: mixed = ((b & c) ^ (b & d) ^ (c & d)) + 0x8F1B'BCDC; break;
            default: mixed = (b ^ c ^ d) + 0xCA62'C1D6; break;
            }
            const std::uint32_t next = std::rotl(a, 5) + mixed + e + schedule[t];
            e = d;
            d = c;
            c = std::rotl(b, 30);
            b = a;
            a = next;
        }
        state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d, state_[4] + e};
    }

    std::array<std::uint32_t, 5> state_{0x6745'2301, 0xEFCD'AB89, 0x98BA'DCFE, 0x1032'5476, 0xC3D2'E1F0};
};

}  // namespace kingbolt::engine
