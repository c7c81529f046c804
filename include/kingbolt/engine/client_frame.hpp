#pragma once
// Frames as a client writes them: masked (RFC 6455 §5.2, §5.3).

#include <kingbolt/core/opcode.hpp>
#include <kingbolt/engine/mask.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt::engine {

/// Appends a frame to `out`. A client on a network takes an unpredictable key for each; a key of zeros leaves the payload readable.
inline void append_client_frame(std::string& out, Opcode opcode, std::string_view payload, MaskKey key, bool final = true) {
    out += static_cast<char>((final ? 0x80U : 0U) | static_cast<unsigned>(opcode));
    const std::size_t size = payload.size();
    const std::size_t length_bytes = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
    out += static_cast<char>(0x80U | (length_bytes == 0 ? size : length_bytes == 2 ? 126U : 127U));
    for (std::size_t i = length_bytes; i > 0; --i) out += static_cast<char>((size >> (8 * (i - 1))) & 0xFFU);
    out.append(key.data(), key.size()).append(payload);
    apply_mask(std::span{out}.last(size), key);
}

/// One frame.
inline std::string client_frame(Opcode opcode, std::string_view payload, bool final = true, MaskKey key = {}) {
    std::string frame;
    append_client_frame(frame, opcode, payload, key, final);
    return frame;
}

}  // namespace kingbolt::engine
