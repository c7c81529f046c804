#pragma once
// The little of RFC 6455 that a client under load needs: masked frames out, whole unmasked frames in.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace load {

constexpr unsigned text = 0x1;
constexpr unsigned close_connection = 0x8;
constexpr unsigned ping = 0x9;
constexpr unsigned pong = 0xA;
constexpr unsigned compressed = 0x40;  ///< RSV1 (RFC 7692), beside the opcode

inline void append_masked_frame(std::string& out, unsigned opcode, std::string_view payload) {
    constexpr std::string_view mask = "\x37\xfa\x21\x3d";
    out += static_cast<char>(0x80U | opcode);
    if (payload.size() < 126) {
        out += static_cast<char>(0x80U | payload.size());
    } else {
        if (payload.size() > 0xFFFF) throw std::invalid_argument{"payloads of more than 65,535 bytes are not supported"};
        out += static_cast<char>(0x80U | 126U);
        out += static_cast<char>(payload.size() >> 8U);
        out += static_cast<char>(payload.size() & 0xFFU);
    }
    out += mask;
    const std::size_t start = out.size();
    out += payload;
    for (std::size_t i = 0; i < payload.size(); ++i) out[start + i] = static_cast<char>(payload[i] ^ mask[i % 4]);
}

/// Calls `on_frame(opcode, payload)` for each whole frame at the front of `bytes`; returns how many bytes they took.
/// A compressed one has `compressed` in its opcode. Throws when a frame is masked, fragmented or uses other reserved bits: then the server
/// is broken, and its speed means nothing.
template <class OnFrame>
std::size_t read_frames(std::string_view bytes, OnFrame&& on_frame) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
    std::size_t at = 0;
    while (bytes.size() - at >= 2) {
        if ((byte(at) & 0xB0U) != 0x80U || (byte(at + 1) & 0x80U) != 0) throw std::runtime_error{"not a plain server frame"};
        std::uint64_t size = byte(at + 1);
        const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
        const std::size_t header = 2 + length_bytes;
        if (bytes.size() - at < header) break;
        if (length_bytes != 0) size = 0;
        for (std::size_t i = 0; i < length_bytes; ++i) size = (size << 8U) | byte(at + 2 + i);
        if (bytes.size() - at - header < size) break;
        on_frame(static_cast<unsigned>(byte(at) & (compressed | 0x0FU)), bytes.substr(at + header, static_cast<std::size_t>(size)));
        at += header + static_cast<std::size_t>(size);
    }
    return at;
}

}  // namespace load
