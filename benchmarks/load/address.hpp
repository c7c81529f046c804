#pragma once
// An address and a port as the kernel wants them.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace load {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    /// `ip`: a number, IPv4 or IPv6. Throws std::invalid_argument.
    Address(const std::string& ip, std::uint16_t port);

    int family() const noexcept { return storage.ss_family; }
    const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// A TCP socket whose end here is `from`, any port of it; `flags` as for socket(2). Throws std::system_error.
int socket_from(const Address& from, int flags);

}  // namespace load
