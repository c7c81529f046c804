#pragma once
// The kernel's account of a TCP connection.

#include <kingbolt/core/wire.hpp>

#ifdef __linux__
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

#include <chrono>
#include <cstdint>
#include <optional>

namespace kingbolt::transport::detail {

#ifdef __linux__

/// Nothing for a socket that is not TCP.
inline std::optional<TcpEvidence> tcp_evidence(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
    int unsent = 0;
    int unread = 0;
    if (::ioctl(socket, SIOCOUTQ, &unsent) != 0) unsent = 0;
    if (::ioctl(socket, SIOCINQ, &unread) != 0) unread = 0;
    return TcpEvidence{.unacknowledged = info.tcpi_unacked,
                       .retransmits = info.tcpi_retransmits,
                       .unsent_bytes = static_cast<std::uint32_t>(unsent),
                       .unread_bytes = static_cast<std::uint32_t>(unread),
                       .rtt = std::chrono::microseconds{info.tcpi_rtt},
                       .since_last_ack = std::chrono::milliseconds{info.tcpi_last_ack_recv}};
}

#else

inline std::optional<TcpEvidence> tcp_evidence(int) { return std::nullopt; }

#endif

}  // namespace kingbolt::transport::detail
