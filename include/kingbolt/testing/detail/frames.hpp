#pragma once
// Frame headers as they are read at both ends of the simulated wire, and frames as a client writes them (RFC 6455 §5.2).

#include <kingbolt/core/opcode.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt::testing::detail {

struct FrameHeader {
    Opcode opcode{};
    bool final = false;
    bool masked = false;
    bool shortest = true;  ///< the length is in its shortest form, as §5.2 demands
    std::uint8_t reserved = 0;
    std::array<std::byte, 4> key{};
    std::size_t size = 0;  ///< of the header itself
    std::uint64_t payload_size = 0;
};

/// None until the header is there in full.
inline std::optional<FrameHeader> read_frame_header(std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < 2) return std::nullopt;
    const auto first = std::to_integer<unsigned>(bytes[0]);
    const auto second = std::to_integer<unsigned>(bytes[1]);
    FrameHeader header{.opcode = static_cast<Opcode>(first & 0x0FU),
                       .final = (first & 0x80U) != 0,
                       .masked = (second & 0x80U) != 0,
                       .reserved = static_cast<std::uint8_t>((first >> 4U) & 0x7U),
                       .payload_size = second & 0x7FU};
    const std::size_t length_bytes = header.payload_size == 126 ? 2 : header.payload_size == 127 ? 8 : 0;
    header.size = 2 + length_bytes + (header.masked ? 4 : 0);
    if (bytes.size() < header.size) return std::nullopt;
    if (length_bytes > 0) {
        header.payload_size = 0;
        for (const std::byte b : bytes.subspan(2, length_bytes))
            header.payload_size = (header.payload_size << 8U) | std::to_integer<unsigned>(b);
        header.shortest = header.payload_size > (length_bytes == 2 ? 125U : 0xFFFFU);
    }
    if (header.masked) {
        for (std::size_t i = 0; i < 4; ++i) header.key[i] = bytes[2 + length_bytes + i];
    }
    return header;
}

constexpr bool is_known(Opcode op) noexcept {
    const auto n = static_cast<unsigned>(op);
    return n <= 2 || (n >= 8 && n <= 10);
}

/// A masked frame. Its key is four zeros, which leaves the payload readable: nobody else listens on this wire.
inline std::string client_frame(Opcode opcode, std::string_view payload, bool final = true) {
    std::string frame(1, static_cast<char>((final ? 0x80U : 0U) | static_cast<unsigned>(opcode)));
    const std::size_t size = payload.size();
    const std::size_t length_bytes = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
    frame += static_cast<char>(0x80U | (length_bytes == 0 ? size : length_bytes == 2 ? 126U : 127U));
    for (std::size_t i = length_bytes; i > 0; --i) frame += static_cast<char>((size >> (8 * (i - 1))) & 0xFFU);
    frame.append(4, '\0');
    return frame.append(payload);
}

/// The payload of a Close frame: two bytes of code, then the reason; empty for `no_status` (§5.5.1).
inline std::string close_payload(std::uint16_t code, std::string_view reason) {
    return std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)}.append(reason);
}

}  // namespace kingbolt::testing::detail
