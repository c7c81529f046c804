#pragma once
// What a transport can say about a connection's end and about the state of its TCP stream: facts, not conclusions.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

namespace kingbolt {

/// The kernel's own account of a TCP connection (Linux: TCP_INFO, SIOCOUTQ). It tells a peer that has vanished
/// (its kernel no longer acknowledges) from one that is there but does not read (acknowledged, window closed).
struct TcpEvidence {
    std::uint32_t unacknowledged = 0;  ///< segments sent and not acknowledged
    std::uint32_t retransmits = 0;     ///< retransmissions of the oldest unacknowledged segment so far
    std::uint32_t unsent_bytes = 0;    ///< accepted by the kernel, not acknowledged by the peer's
    std::uint32_t unread_bytes = 0;    ///< received by the kernel, not yet read by the transport
    Duration rtt{};                    ///< the kernel's smoothed round-trip time
    Duration since_last_ack{};         ///< since the peer's kernel last acknowledged anything

    bool operator==(const TcpEvidence&) const = default;
};

/// How a connection ended below the hub.
struct WireClosed {
    /// What the transport saw. It is the cause when the hub had not decided to close; otherwise the hub's own decision is.
    Cause cause = Cause::eof_without_close;
    CloseCode peer_code = CloseCode::abnormal;  ///< of the peer's Close frame; `abnormal` when none came
    std::string peer_reason{};                  ///< likewise
    std::error_code error{};                    ///< the system's error, where there was one
    std::string detail{};                       ///< what exactly was wrong: "reserved bits set without an extension"
    std::optional<TcpEvidence> tcp{};
};

}  // namespace kingbolt
