#pragma once
// What the kernel knows about one TCP connection.

#include <kingbolt/core/wire.hpp>

#include <optional>

namespace kingbolt::transport::detail {

/// Nothing where the system cannot say, or `socket` is not a TCP socket.
std::optional<TcpEvidence> tcp_evidence(int socket);

}  // namespace kingbolt::transport::detail
