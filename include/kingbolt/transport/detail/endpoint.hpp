#pragma once
// Where a server listens and who has called, in the system's form and in words.

#include <kingbolt/core/error.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace kingbolt::transport::detail {

/// An address of any family. `size` is that of its own family's structure.
struct Endpoint {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
    const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    int family() const noexcept { return storage.ss_family; }
    template <class Address>
    Address& as() noexcept {
        size = sizeof(Address);
        return reinterpret_cast<Address&>(storage);
    }
    template <class Address>
    const Address& as() const noexcept {
        return reinterpret_cast<const Address&>(storage);
    }
    std::uint16_t port() const noexcept {
        if (family() == AF_INET) return ntohs(as<sockaddr_in>().sin_port);
        return family() == AF_INET6 ? ntohs(as<sockaddr_in6>().sin6_port) : std::uint16_t{0};
    }
};

/// A path of the file system. `option` is named in the InvalidOption that one of the wrong length throws.
inline Endpoint unix_endpoint(const std::string& option, std::string_view path) {
    Endpoint endpoint;
    auto& local = endpoint.as<sockaddr_un>();
    local.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof local.sun_path || path.find('\0') != std::string_view::npos)
        throw InvalidOption{option, '"' + std::string{path} + '"', "a path of 1 to " + std::to_string(sizeof local.sun_path - 1) + " bytes",
                            "choose a shorter one, such as one under /run"};
    path.copy(local.sun_path, path.size());
    return endpoint;
}

/// An address in numbers; anything else throws an InvalidOption that names `option`.
inline Endpoint ip_endpoint(const std::string& option, const std::string& address, std::uint16_t port) {
    Endpoint endpoint;
    if (auto& v4 = endpoint.as<sockaddr_in>(); ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return endpoint;
    }
    if (auto& v6 = endpoint.as<sockaddr_in6>(); ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        return endpoint;
    }
    throw InvalidOption{option, '"' + address + '"', "an IPv4 or IPv6 address in numbers",
                        "use 127.0.0.1 for this machine only, :: for all interfaces"};
}

/// `address:port`, IPv6 in brackets; an IPv4 address that arrived through an IPv6 socket is written as the IPv4 address it is.
/// `unix:path`, or `unix:` alone for a client, which has no path.
inline std::string to_string(const Endpoint& endpoint) {
    if (endpoint.family() == AF_UNIX) {
        const auto& local = endpoint.as<sockaddr_un>();
        const bool named = endpoint.size > offsetof(sockaddr_un, sun_path);
        return "unix:" + (named ? std::string{local.sun_path, ::strnlen(local.sun_path, sizeof local.sun_path)} : "");
    }
    char text[INET6_ADDRSTRLEN] = "";
    const std::string port = ':' + std::to_string(endpoint.port());
    if (endpoint.family() == AF_INET) {
        ::inet_ntop(AF_INET, &endpoint.as<sockaddr_in>().sin_addr, text, sizeof text);
        return text + port;
    }
    const in6_addr& v6 = endpoint.as<sockaddr_in6>().sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        ::inet_ntop(AF_INET, v6.s6_addr + 12, text, sizeof text);
        return text + port;
    }
    ::inet_ntop(AF_INET6, &v6, text, sizeof text);
    return '[' + std::string{text} + ']' + port;
}

}  // namespace kingbolt::transport::detail
