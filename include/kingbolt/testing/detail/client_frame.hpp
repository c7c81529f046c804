#pragma once
// Frames as a client writes them (RFC 6455 §5.2).

#include <kingbolt/core/opcode.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kingbolt::testing::detail {

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

}  // namespace kingbolt::testing::detail
