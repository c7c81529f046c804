#pragma once
// The header of a WebSocket frame, read from its bytes (RFC 6455 §5.2). It says what the bytes say; whether that is allowed is the
// reader's business.

#include <kingbolt/core/opcode.hpp>
#include <kingbolt/engine/mask.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace kingbolt::engine {

struct FrameHeader {
    /// 2 bytes, a 64-bit length and a mask key.
    static constexpr std::size_t max_size = 14;

    Opcode opcode{};
    bool final = false;
    bool masked = false;
    bool shortest = true;       ///< the length is in its shortest form
    std::uint8_t reserved = 0;  ///< three bits: 4 is RSV1
    MaskKey key{};
    std::size_t size = 0;  ///< of the header itself
    std::uint64_t payload_size = 0;
};

/// None until the header is there in full.
inline std::optional<FrameHeader> read_frame_header(std::span<const char> bytes) noexcept {
    if (bytes.size() < 2) return std::nullopt;
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
    FrameHeader header{.opcode = static_cast<Opcode>(byte(0) & 0x0FU),
                       .final = (byte(0) & 0x80U) != 0,
                       .masked = (byte(1) & 0x80U) != 0,
                       .reserved = static_cast<std::uint8_t>((byte(0) >> 4U) & 0x7U),
                       .payload_size = byte(1) & 0x7FU};
    const std::size_t length_bytes = header.payload_size == 126 ? 2 : header.payload_size == 127 ? 8 : 0;
    header.size = 2 + length_bytes + (header.masked ? header.key.size() : 0);
    if (bytes.size() < header.size) return std::nullopt;
    if (length_bytes > 0) {
        header.payload_size = 0;
        for (std::size_t i = 0; i < length_bytes; ++i) header.payload_size = (header.payload_size << 8U) | byte(2 + i);
        header.shortest = header.payload_size > (length_bytes == 2 ? 125U : 0xFFFFU);
    }
    if (header.masked) std::memcpy(header.key.data(), bytes.data() + 2 + length_bytes, header.key.size());
    return header;
}

/// RFC 6455 leaves the other opcodes to the future.
constexpr bool is_known(Opcode opcode) noexcept {
    const auto n = static_cast<unsigned>(opcode);
    return n <= 2 || (n >= 8 && n <= 10);
}

}  // namespace kingbolt::engine
