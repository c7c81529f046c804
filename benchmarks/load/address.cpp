#include "address.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace load {

Address::Address(const std::string& ip, std::uint16_t port) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&storage, &v4, size = sizeof v4);
    } else if (inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&storage, &v6, size = sizeof v6);
    } else {
        throw std::invalid_argument{"\"" + ip + "\" is no address"};
    }
}

int socket_from(const Address& from, int flags) {
    const int socket = ::socket(from.family(), SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (socket < 0) throw std::system_error{errno, std::system_category(), "socket"};
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    // Any address of a network that is routed to this machine (`ip route add local`).
    if (from.family() == AF_INET6) setsockopt(socket, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
    if (bind(socket, from.get(), from.size) != 0) {
        const int error = errno;
        close(socket);
        throw std::system_error{error, std::system_category(), "bind"};
    }
    return socket;
}

}  // namespace load
