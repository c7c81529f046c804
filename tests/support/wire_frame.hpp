#pragma once
// A WebSocket frame for tests, right or wrong in any way that its bytes can be.

#include <cstddef>
#include <cstdint>
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

}  // namespace kingbolt::test
