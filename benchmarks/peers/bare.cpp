// The kernel's limit, which all other servers are measured against: one thread, one epoll set, and just enough WebSocket for the
// load generator. A read's messages become one block of frames, and each receiver gets that block in one `send`: fewer system
// calls cannot be made, and nothing is allocated for a message. It validates nothing: no server that does its work can be this bare.
//
//     peer_bare PORT fanout|echo

#include "bench/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

void require(bool succeeded, const char* what) {
    if (!succeeded) throw std::system_error{errno, std::system_category(), what};
}

std::string accept_value(std::string_view key) {
    const std::string text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 §1.3
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    std::array<unsigned char, 29> base64{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
    return {reinterpret_cast<const char*>(base64.data()), 28};
}

struct Connection {
    bool upgraded = false;
    bool subscribed = false;
    std::string unread;  // the front of a request or frame whose rest has not come
    std::string unsent;  // what the kernel would not take yet
};

class Server {
public:
    explicit Server(const bench::ServerArguments& arguments) : mode_{arguments.mode} {
        const int on = 1;
        // Accepted sockets inherit TCP_NODELAY.
        setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(arguments.port);
        socklen_t size = sizeof address;
        require(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
        require(listen(listener_, 1024) == 0, "listen");
        require(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
        watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
        bench::announce_port(ntohs(address.sin_port));
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 512> events;
        for (;;) {
            const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < ready; ++i) {
                const epoll_event& event = events[static_cast<std::size_t>(i)];
                if (event.data.fd == listener_)
                    accept_all();
                else if ((event.events & EPOLLOUT) != 0)
                    send_rest(event.data.fd);
                else
                    read(event.data.fd);
            }
        }
    }

private:
    static constexpr std::size_t buffer_size = 256 * 1024;

    void watch(int operation, int socket, unsigned events) const {
        epoll_event event{.events = events, .data = {.fd = socket}};
        require(epoll_ctl(epoll_, operation, socket, &event) == 0, "epoll_ctl");
    }

    void accept_all() {
        for (int socket; (socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
            if (connections_.size() <= static_cast<std::size_t>(socket)) connections_.resize(static_cast<std::size_t>(socket) + 1);
            watch(EPOLL_CTL_ADD, socket, EPOLLIN);
        }
    }

    void read(int socket) {
        Connection& connection = at(socket);
        const std::size_t kept = connection.unread.copy(in_.data(), connection.unread.size());
        const auto size = recv(socket, in_.data() + kept, buffer_size - kept, 0);
        if (size <= 0) {
            if (size == 0 || errno != EAGAIN) drop(socket);
            return;
        }
        const std::string_view bytes{in_.data(), kept + static_cast<std::size_t>(size)};
        if (!connection.upgraded) return upgrade(socket, bytes);

        const std::size_t used = translate(bytes);
        if (bytes.size() != used || kept != 0) connection.unread = bytes.substr(used);
        const std::string_view block{out_.data(), out_size_};
        if (block.empty()) {
            // Only a Close, or the front of a frame.
        } else if (mode_ == bench::Mode::echo) {
            send(socket, block);
        } else {
            for (const int subscriber : subscribers_) send(subscriber, block);
        }
        if (closing_) {
            send(socket, {"\x88\x02\x03\xe8", 4});
            drop(socket);
        }
    }

    void upgrade(int socket, std::string_view request) {
        constexpr std::string_view name = "Sec-WebSocket-Key: ";
        Connection& connection = at(socket);
        if (!request.ends_with("\r\n\r\n")) {
            connection.unread = request;
            return;
        }
        const std::size_t key = request.find(name);
        if (key == std::string_view::npos) return drop(socket);
        send(socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                         accept_value(request.substr(key + name.size(), 24)) + "\r\n\r\n");
        connection.upgraded = true;
        connection.unread = {};
        if (mode_ == bench::Mode::fanout && !request.starts_with("GET /publish ")) {
            connection.subscribed = true;
            subscribers_.push_back(socket);
        }
    }

    // Turns the whole client frames at the front of `bytes` into server frames, side by side in `out_`; returns how many bytes they
    // took. A server frame is 4 bytes shorter than the client's, so that there is always room.
    std::size_t translate(std::string_view bytes) {
        const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
        out_size_ = 0;
        closing_ = false;
        std::size_t at = 0;
        while (bytes.size() - at >= 6) {
            std::size_t size = byte(at + 1) & 0x7FU;
            const std::size_t header = size < 126 ? 2 : 4;
            if (size >= 126) size = (byte(at + 2) << 8U) | byte(at + 3);
            if (bytes.size() - at < header + 4 + size) break;
            closing_ |= (byte(at) & 0x0FU) == 8;
            if (!closing_) {
                char* const frame = out_.data() + out_size_;
                std::memcpy(frame, bytes.data() + at, header);
                frame[1] = static_cast<char>(frame[1] & 0x7F);
                unmask(frame + header, bytes.data() + at + header + 4, size, bytes.data() + at + header);
                out_size_ += header + size;
            }
            at += header + 4 + size;
        }
        return at;
    }

    static void unmask(char* to, const char* from, std::size_t size, const char* mask) {
        std::uint64_t twice = 0;
        std::memcpy(&twice, mask, 4);
        twice |= twice << 32U;
        std::size_t i = 0;
        for (; i + 8 <= size; i += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, from + i, 8);
            word ^= twice;
            std::memcpy(to + i, &word, 8);
        }
        for (; i < size; ++i) to[i] = static_cast<char>(from[i] ^ mask[i % 4]);
    }

    void send(int socket, std::string_view block) {
        Connection& connection = at(socket);
        if (connection.unsent.empty()) {
            const auto sent = ::send(socket, block.data(), block.size(), MSG_NOSIGNAL);
            if (sent == static_cast<ssize_t>(block.size())) return;
            if (sent > 0) block.remove_prefix(static_cast<std::size_t>(sent));
            watch(EPOLL_CTL_MOD, socket, EPOLLIN | EPOLLOUT);
        }
        connection.unsent += block;
    }

    void send_rest(int socket) {
        Connection& connection = at(socket);
        const auto sent = ::send(socket, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return drop(socket);
        if (sent > 0) connection.unsent.erase(0, static_cast<std::size_t>(sent));
        if (connection.unsent.empty()) watch(EPOLL_CTL_MOD, socket, EPOLLIN);
    }

    void drop(int socket) {
        if (at(socket).subscribed) subscribers_.erase(std::find(subscribers_.begin(), subscribers_.end(), socket));
        at(socket) = {};
        close(socket);
    }

    Connection& at(int socket) { return connections_[static_cast<std::size_t>(socket)]; }

    bench::Mode mode_;
    int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    std::vector<Connection> connections_;  // by socket
    std::vector<int> subscribers_;
    std::vector<char> in_ = std::vector<char>(buffer_size), out_ = std::vector<char>(buffer_size);
    std::size_t out_size_ = 0;
    bool closing_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    bench::allow_many_sockets();
    Server{bench::server_arguments(argc, argv)}.run();
}
