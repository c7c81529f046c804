#pragma once
// Sec-WebSocket-Accept (RFC 6455 §4.2.2), computed here a second time so that the tests do not check the library with itself.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kingbolt::test {

inline std::string base64(std::string_view bytes) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) group = (group << 8U) | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j) out += i + j <= bytes.size() ? alphabet[(group >> (18U - 6U * j)) & 63U] : '=';
    }
    return out;
}

/// FIPS 180-4; for handshakes, not for secrets.
inline std::string sha1(std::string_view text) {
    std::string message{text};
    message += '\x80';
    message.resize((message.size() + 8 + 63) / 64 * 64 - 8);
    for (unsigned shift = 64; shift > 0; shift -= 8) message += static_cast<char>((std::uint64_t{text.size()} * 8) >> (shift - 8U));

    std::array<std::uint32_t, 5> h{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (std::size_t block = 0; block < message.size(); block += 64) {
        std::array<std::uint32_t, 80> w{};
        for (std::size_t i = 0; i < 64; ++i) w[i / 4] = (w[i / 4] << 8U) | static_cast<unsigned char>(message[block + i]);
        for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        auto [a, b, c, d, e] = h;
        for (std::size_t i = 0; i < 80; ++i) {
            const std::uint32_t f = i < 20 ? (b & c) | (~b & d) : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
            const std::uint32_t k = i < 20 ? 0x5A827999U : i < 40 ? 0x6ED9EBA1U : i < 60 ? 0x8F1BBCDCU : 0xCA62C1D6U;
            const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
            e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    std::string digest;
    for (const std::uint32_t word : h)
        for (unsigned shift = 32; shift > 0; shift -= 8) digest += static_cast<char>(word >> (shift - 8U));
    return digest;
}

inline std::string accept_key(std::string_view key) { return base64(sha1(std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")); }

}  // namespace kingbolt::test
