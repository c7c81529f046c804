#pragma once
// RFC 6455 §5.2: what a frame is.

#include <cstdint>

namespace kingbolt {

/// Of a frame (RFC 6455 §11.8).
enum class Opcode : std::uint8_t { continuation = 0x0, text = 0x1, binary = 0x2, close = 0x8, ping = 0x9, pong = 0xA };

/// Control frames carry at most 125 bytes and are never fragmented (RFC 6455 §5.5).
constexpr bool is_control(Opcode op) noexcept { return (static_cast<unsigned>(op) & 0x8U) != 0; }

}  // namespace kingbolt
