#pragma once
// What a peer can do wrong after the upgrade. One constant for each, so that every transport uses the same words.

#include <kingbolt/core/close_code.hpp>

namespace kingbolt::engine {

struct Violation {
    Cause cause{};
    CloseCode code{};
    const char* words = "";  ///< for `WireClosed::detail` and the reason of the Close frame
};

namespace violation {

constexpr Violation of_the_protocol(const char* words) noexcept { return {Cause::protocol_error, CloseCode::protocol_error, words}; }

// RFC 6455 §5.2.
inline constexpr Violation reserved_bits = of_the_protocol("reserved bits set without a negotiated extension");
inline constexpr Violation reserved_opcode = of_the_protocol("a frame with a reserved opcode");
inline constexpr Violation unmasked = of_the_protocol("an unmasked frame");
inline constexpr Violation masked = of_the_protocol("a masked frame from a server");
inline constexpr Violation longer_than_shortest = of_the_protocol("a payload length not in its shortest form");
// §5.4.
inline constexpr Violation continuation = of_the_protocol("a continuation frame without a message, or a new message inside one");
// §5.5.
inline constexpr Violation long_control = of_the_protocol("a control frame with more than 125 bytes");
inline constexpr Violation fragmented_control = of_the_protocol("a fragmented control frame");
// §5.5.1, §7.4.
inline constexpr Violation close_code = of_the_protocol("a Close frame with a code that may not be sent");
inline constexpr Violation close_reason = of_the_protocol("a Close frame whose reason is not UTF-8");

// Each costs six bytes and a look, and brings the message no further (CVE-2026-48779 is of this class). Messages in fragments of one byte
// are odd and allowed.
inline constexpr Violation empty_fragments{Cause::rate_limited, CloseCode::policy_violation,
                                           "a message with more than 65,536 empty fragments"};
inline constexpr Violation message_too_big{Cause::message_too_big, CloseCode::message_too_big, "a message larger than the limit"};
// RFC 7692 §7.2.2. 1007 says what it is to the peer: data within a message that is not consistent with its type (RFC 6455 §7.4.1).
inline constexpr Violation compressed_data{Cause::protocol_error, CloseCode::invalid_payload,
                                           "a compressed message that no compressor wrote"};
// §8.1.
inline constexpr Violation text{Cause::invalid_utf8, CloseCode::invalid_payload, "a text message that is not UTF-8"};

}  // namespace violation
}  // namespace kingbolt::engine
