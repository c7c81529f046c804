#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>
#include <unistd.h>

#include <stdexcept>

namespace load {
namespace {

void require(bool succeeded, const char* what) {
    if (!succeeded) throw std::system_error{errno, std::system_category(), what};
}

sockaddr_in loopback(std::uint32_t host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
    address.sin_port = htons(port);
    return address;
}

}  // namespace

Client::Client(std::uint16_t port, std::string_view path, Offer offer, unsigned source)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}, offer_{offer} {
    require(socket_ >= 0, "socket");
    const int on = 1;
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const sockaddr_in local = loopback(source, 0);
    const sockaddr_in remote = loopback(0, port);
    require(bind(socket_, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0, "bind");
    require(connect(socket_, reinterpret_cast<const sockaddr*>(&remote), sizeof remote) == 0, "connect");

    send("GET " + std::string{path} +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         (offer == Offer::compression
              ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
              : "") +
         "\r\n");
}

void Client::await_upgrade() {
    std::string head;
    char buffer[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
        const std::size_t size = read_some(buffer);
        if (size == 0) throw std::runtime_error{"the server ended a connection before its upgrade"};
        head.append(buffer, size);
    }
    if (!head.starts_with("HTTP/1.1 101 ")) throw std::runtime_error{"not upgraded: " + head};
    if (offer_ == Offer::compression && head.find("permessage-deflate") == std::string::npos)
        throw std::runtime_error{"the server does not compress: " + head};
    rest_ = head.substr(head.find("\r\n\r\n") + 4);
}

Client::~Client() {
    if (socket_ >= 0) close(socket_);
}

void Client::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        require(sent > 0, "send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::size_t Client::read_some(std::span<char> buffer) const {
    const auto size = recv(socket_, buffer.data(), buffer.size(), 0);
    require(size >= 0, "recv");
    return static_cast<std::size_t>(size);
}

void Client::answer(std::string_view ping_payload) const {
    std::string frame;
    append_masked_frame(frame, pong, ping_payload);
    send(frame);
}

void Client::start_closing() const {
    std::string frame;
    append_masked_frame(frame, close_connection, "\x03\xe8");  // 1000
    send(frame);
}

void Client::await_closed() {
    char buffer[4096];
    while (const std::size_t size = read_some(buffer)) rest_.append(buffer, size);
    if (rest_.empty() || static_cast<unsigned char>(rest_[0]) != (0x80U | close_connection))
        throw std::runtime_error{"the server did not answer a Close frame"};
}

}  // namespace load
