#pragma once
// What a Close frame says: nothing, or a code of two bytes and a reason in UTF-8 (RFC 6455 §5.5.1).

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/engine/utf8.hpp>
#include <kingbolt/engine/violation.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kingbolt::engine {

struct ClosePayload {
    CloseCode code = CloseCode::no_status;  ///< that, when the payload is empty
    std::string_view reason{};
    const Violation* flaw = nullptr;  ///< what a peer may not send
};

inline ClosePayload read_close_payload(std::string_view payload) noexcept {
    if (payload.empty()) return {};
    if (payload.size() == 1) return {.flaw = &violation::close_code};
    const auto byte = [payload](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(payload[i])); };
    ClosePayload close{.code = static_cast<CloseCode>((byte(0) << 8U) | byte(1)), .reason = payload.substr(2)};
    if (!is_sendable(close.code)) {
        close.flaw = &violation::close_code;
    } else if (!is_utf8(close.reason)) {
        close.flaw = &violation::close_reason;
    }
    return close;
}

/// Empty for `no_status`. The reason is the caller's to shorten.
inline std::string write_close_payload(CloseCode code, std::string_view reason) {
    if (code == CloseCode::no_status) return {};
    const auto n = static_cast<unsigned>(code);
    return std::string{static_cast<char>(n >> 8U), static_cast<char>(n & 0xFFU)}.append(reason);
}

}  // namespace kingbolt::engine
