#pragma once
// The header of a WebSocket frame, read from its bytes (RFC 6455 §5.2). It says what the bytes say; whether that is allowed is the
// reader's business.

#include <kingbolt/core/opcode.hpp>
#include <kingbolt/engine/mask.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// False until the header is there in full; then `header` is as it was. It is filled in place because a frame's header is read for every
/// message: what is returned in an optional is written to memory byte by byte and read again as words, for which the processor waits.
inline bool read_frame_header(std::span<const char> bytes, FrameHeader& header) noexcept {
    if (bytes.size() < 2) return false;
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
    const bool masked = (byte(1) & 0x80U) != 0;
    const unsigned length = byte(1) & 0x7FU;
    const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    const std::size_t size = 2 + length_bytes + (masked ? sizeof(MaskKey) : 0);
    if (bytes.size() < size) return false;
    header.opcode = static_cast<Opcode>(byte(0) & 0x0FU);
    header.final = (byte(0) & 0x80U) != 0;
    header.masked = masked;
    header.reserved = static_cast<std::uint8_t>((byte(0) >> 4U) & 0x7U);
    header.size = size;
    header.payload_size = length;
    header.shortest = true;
    if (length_bytes > 0) {
        header.payload_size = 0;
        for (std::size_t i = 0; i < length_bytes; ++i) header.payload_size = (header.payload_size << 8U) | byte(2 + i);
        header.shortest = header.payload_size > (length_bytes == 2 ? 125U : 0xFFFFU);
    }
    if (masked) std::memcpy(header.key.data(), bytes.data() + 2 + length_bytes, header.key.size());
    return true;
}

/// RFC 6455 leaves the other opcodes to the future.
constexpr bool is_known(Opcode opcode) noexcept {
    const auto n = static_cast<unsigned>(opcode);
    return n <= 2 || (n >= 8 && n <= 10);
}

}  // namespace kingbolt::engine
