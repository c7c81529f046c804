#pragma once
// A WebSocket frame for tests, right or wrong in any way that its bytes can be.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kingbolt::test {

/// A frame as written or read, right or wrong.
struct WireFrame {
    /// Which of the three length forms to use (RFC 6455 §5.2); `shortest` is the only valid choice.
    enum class Length { shortest, two_bytes, eight_bytes };

    unsigned opcode = 0x1;
    std::string payload{};
    bool fin = true;
    unsigned rsv = 0;    ///< three bits: 4 is RSV1
    bool masked = true;  ///< clients must
    Length length = Length::shortest;

    /// Of a Close frame; 1005 when it carries none.
    unsigned close_code() const {
        if (payload.size() < 2) return 1005;
        return static_cast<unsigned>(static_cast<unsigned char>(payload[0]) << 8U | static_cast<unsigned char>(payload[1]));
    }
    std::string close_reason() const { return payload.size() < 2 ? std::string{} : payload.substr(2); }

    std::string encode() const {
        std::string out;
        out += static_cast<char>((fin ? 0x80U : 0U) | (rsv & 7U) << 4U | (opcode & 15U));
        const std::uint64_t size = payload.size();
        const bool eight = length == Length::eight_bytes || size > 0xFFFF;
        const bool two = !eight && (length == Length::two_bytes || size > 125);
        const unsigned mask_bit = masked ? 0x80U : 0U;
        out += static_cast<char>(mask_bit | (eight ? 127U : two ? 126U : static_cast<unsigned>(size)));
        for (unsigned bytes = eight ? 8 : two ? 2 : 0; bytes > 0; --bytes) out += static_cast<char>(size >> (8U * (bytes - 1)));
        if (!masked) return out + payload;
        constexpr std::string_view mask = "\x12\x34\x56\x78";
        out += mask;
        for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
        return out;
    }
};

/// The first frame of `inbox`, and removes it; none until it is there in full.
inline std::optional<WireFrame> take_frame(std::string& inbox) {
    const auto byte = [&inbox](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(inbox[i])); };
    if (inbox.size() < 2) return std::nullopt;
    std::uint64_t size = byte(1) & 0x7FU;
    const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    const bool masked = (byte(1) & 0x80U) != 0;
    const std::size_t header = 2 + length_bytes + (masked ? 4U : 0U);
    if (inbox.size() < header) return std::nullopt;
    if (length_bytes > 0) size = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) size = (size << 8U) | byte(2 + i);
    if (inbox.size() - header < size) return std::nullopt;

    WireFrame frame{.opcode = static_cast<unsigned>(byte(0) & 15U),
                    .payload = inbox.substr(header, static_cast<std::size_t>(size)),
                    .fin = (byte(0) & 0x80U) != 0,
                    .rsv = static_cast<unsigned>(byte(0) >> 4U) & 7U,
                    .masked = masked};
    for (std::size_t i = 0; masked && i < frame.payload.size(); ++i)
        frame.payload[i] = static_cast<char>(frame.payload[i] ^ inbox[header - 4 + i % 4]);
    inbox.erase(0, header + static_cast<std::size_t>(size));
    return frame;
}

}  // namespace kingbolt::test
