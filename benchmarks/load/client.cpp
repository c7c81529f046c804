#include "client.hpp"

#include "address.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <stdexcept>

namespace load {
namespace {

void require(bool succeeded, const char* what) {
    if (!succeeded) throw std::system_error{errno, std::system_category(), what};
}

}  // namespace

std::string loopback(unsigned source) {
    const unsigned host = source + 1;
    return "127." + std::to_string(host >> 16U & 0xFFU) + '.' + std::to_string(host >> 8U & 0xFFU) + '.' + std::to_string(host & 0xFFU);
}

std::string upgrade_request(std::string_view path, std::string_view headers) {
    std::string request{"GET "};
    request += path;
    request +=
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    request += headers;
    return request += "\r\n";
}

Client::Client(const Approach& approach) : socket_{socket_from({approach.from, 0}, 0)}, offer_{approach.offer} {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const Address remote{approach.to, approach.port};
    require(connect(socket_, remote.get(), remote.size) == 0, "connect");
    constexpr auto compression = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";
    send(upgrade_request(approach.path, approach.headers + (offer_ == Offer::compression ? compression : "")));
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
