#pragma once
// What the hub does about an end that it has decided: which code, which words, and whether what is queued still goes out.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/event.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/utf8.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kingbolt::engine {

struct ClosePlan {
    Cause cause{};
    CloseCode code = CloseCode::abnormal;
    std::string reason{};
    bool flush = false;                ///< send what is queued first
    std::string detail{};              ///< for `Closed`
    std::optional<TcpEvidence> tcp{};  ///< at the time of the decision, when it still shows what led to it
    std::uint64_t bytes_in = 0;        ///< until then
};

/// `pong_timeout after_ms=350`: what a client needs to know, in a form that needs no JSON. The delay is there for codes that say
/// "come back", rounded up to a millisecond.
inline std::string close_reason(Cause cause, CloseCode code, Duration come_back_after) {
    std::string reason{to_string(cause)};
    const auto n = static_cast<unsigned>(code);
    if (n >= 4000 && n < 4500)
        reason += " after_ms=" + std::to_string(milliseconds(come_back_after + std::chrono::milliseconds{1} - Duration{1}));
    return reason;
}

/// As much of a reason as a Close frame holds beside its code: 123 bytes (RFC 6455 §5.5), cut between two characters.
constexpr std::string_view fitting_reason(std::string_view reason) noexcept { return utf8_prefix(reason, 123); }

/// The plan for a cause that the hub itself found. Only a drain still delivers: everyone else is gone, too slow or at fault.
inline ClosePlan plan_close(Cause cause, Duration come_back_after) {
    const CloseCode code = close_code_for(cause);
    return {.cause = cause, .code = code, .reason = close_reason(cause, code, come_back_after), .flush = cause == Cause::server_drain};
}

/// Whose doing an end was.
constexpr EndedBy ended_by(Cause cause) noexcept {
    switch (cause) {
    case Cause::client_close:
    case Cause::eof_without_close: return EndedBy::client;
    case Cause::reset_by_peer:
    case Cause::write_error:
    case Cause::read_error:
    case Cause::tls_error: return EndedBy::network;
    default: return EndedBy::server;
    }
}

}  // namespace kingbolt::engine
