#pragma once
// The listening socket: accepts for as long as there are file descriptors, and keeps calm while there are none. One descriptor is held
// in reserve, so that even then a client is told to come back.

#include <kingbolt/core/time.hpp>
#include <kingbolt/transport/detail/alarm.hpp>
#include <kingbolt/transport/detail/descriptor.hpp>
#include <kingbolt/transport/detail/endpoint.hpp>
#include <kingbolt/transport/detail/executor.hpp>
#include <kingbolt/transport/detail/in_place.hpp>

#include <asio/posix/basic_stream_descriptor.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt::transport::detail {

struct ListenOptions {
    Endpoint endpoint{};
    int backlog = 1024;
    bool reuse_address = true;
    bool reuse_port = false;
    // Accepted sockets inherit these.
    std::size_t send_buffer = 0;  ///< 0 leaves it to the kernel
    Duration user_timeout{};      ///< likewise
    bool plain = true;            ///< clients can read an answer that is not encrypted
};

class Listener : public std::enable_shared_from_this<Listener> {
public:
    /// A connection that has been accepted; its socket does not block.
    using OnAccepted = std::function<void(Descriptor socket, const Endpoint& remote)>;

    /// Binds and listens; connections wait in the kernel until `start`. Throws std::system_error.
    Listener(asio::io_context& io, const ListenOptions& options) : socket_{io}, pause_{io}, plain_{options.plain}, reserve_{reserve()} {
        Descriptor socket = listen(options);
        local_.size = sizeof local_.storage;
        ::getsockname(socket.get(), local_.get(), &local_.size);
        if (local_.family() == AF_UNIX) file_ = file_at(local_);
        socket_.assign(socket.get());
        socket.release();
    }
    ~Listener() { close(); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::uint16_t port() const noexcept { return local_.port(); }
    bool is_open() const noexcept { return socket_.is_open(); }

    /// Once.
    void start(OnAccepted on_accepted) {
        on_accepted_ = std::move(on_accepted);
        wait();
    }
    void close() noexcept {
        if (!socket_.is_open()) return;
        // Another may have taken the path meanwhile. The number of a file is not given to another while the socket is open.
        const bool has_path = file_ && file_at(local_) == file_;
        std::error_code ignored;
        socket_.close(ignored);
        if (has_path) ::unlink(path(local_));
        pause_.cancel();
    }

private:
    using Waitable = asio::posix::basic_stream_descriptor<Executor>;

    // How long to wait when accept fails, which it does for want of file descriptors or memory. The connections that wait keep the
    // listening socket readable all the while, so that without a pause the loop would spin.
    static constexpr std::chrono::milliseconds pause_after_failure{100};

    static constexpr std::string_view refusal =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    // Connections taken in one turn of the loop before it is the others' turn.
    static constexpr int accepts_a_turn = 64;

    static Descriptor listen(const ListenOptions& options) {
        const Endpoint& at = options.endpoint;
        Descriptor socket{::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        const auto set_at = [&socket](int level, int name, int value) {
            return ::setsockopt(socket.get(), level, name, &value, sizeof value) == 0;
        };
        const auto set = [&set_at](int name, int value) { return set_at(SOL_SOCKET, name, value); };
        const auto set_tcp = [&] {
            const auto timeout = static_cast<int>(milliseconds(options.user_timeout));
            return set_at(IPPROTO_TCP, TCP_NODELAY, 1) && (timeout == 0 || set_at(IPPROTO_TCP, TCP_USER_TIMEOUT, timeout));
        };
        if (at.family() == AF_UNIX) remove_leftover(at);
        const bool done = socket && set(SO_REUSEADDR, options.reuse_address ? 1 : 0) && (!options.reuse_port || set(SO_REUSEPORT, 1)) &&
                          (options.send_buffer == 0 || set(SO_SNDBUF, static_cast<int>(options.send_buffer))) &&
                          (at.family() == AF_UNIX || set_tcp()) && (at.family() != AF_INET6 || set_at(IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
                          ::bind(socket.get(), at.get(), at.size) == 0 && ::listen(socket.get(), options.backlog) == 0;
        if (!done) throw std::system_error{last_error(), "cannot listen on " + to_string(at)};
        return socket;
    }

    static const char* path(const Endpoint& at) noexcept { return at.as<sockaddr_un>().sun_path; }

    /// Its device and its number, where a socket lies at that path.
    static std::optional<std::pair<dev_t, ino_t>> file_at(const Endpoint& at) noexcept {
        struct stat file {};
        if (::lstat(path(at), &file) != 0 || !S_ISSOCK(file.st_mode)) return std::nullopt;
        return std::pair{file.st_dev, file.st_ino};
    }

    // A server that was killed leaves its path behind, and nobody else could bind to it. One that still listens keeps it, though its queue
    // may be full; and so does what is no socket, which refuses a connection as well.
    static void remove_leftover(const Endpoint& at) noexcept {
        const Descriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        if (!probe || !file_at(at)) return;
        if (::connect(probe.get(), at.get(), at.size) != 0 && errno == ECONNREFUSED) ::unlink(path(at));
    }

    void wait() {
        socket_.async_wait(Waitable::wait_read, InPlace{wait_slot_, [self = shared_from_this()](const std::error_code& error) {
                                                            if (!self->socket_.is_open()) return;
                                                            error ? self->pause() : self->accept_waiting();
                                                        }});
    }
    void pause() {
        pause_.async_wait(Alarm::Clock::now() + pause_after_failure,
                          InPlace{pause_slot_, [self = shared_from_this()](const std::error_code&) {
                                      if (self->socket_.is_open()) self->accept_waiting();
                                  }});
    }

    void accept_waiting() {
        for (int i = 0; i < accepts_a_turn; ++i) {
            int error = 0;
            try {
                error = accept_one();
            } catch (const std::exception&) {
                error = ENOMEM;
            }
            if (!socket_.is_open()) return;
            if (error == EAGAIN || error == EWOULDBLOCK) break;
            if (error == EMFILE || error == ENFILE) turn_away();
            if (error != 0 && error != ECONNABORTED && error != EINTR) return pause();
        }
        wait();
    }

    static Descriptor reserve() noexcept { return Descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)}; }

    /// Takes those who wait, with the one descriptor that is left, and sends them away.
    void turn_away() noexcept {
        for (int i = 0; i < accepts_a_turn && reserve_; ++i) {
            reserve_.reset();
            Descriptor socket = accept_socket(nullptr, nullptr);
            const bool more = bool{socket};
            if (more) {
                // A socket closed with unread bytes sends a reset, and that could destroy the answer.
                std::array<char, 4096> bin;
                for (int reads = 0; reads < 16 && ::recv(socket.get(), bin.data(), bin.size(), 0) > 0; ++reads) {
                }
                if (plain_) ::send(socket.get(), refusal.data(), refusal.size(), MSG_NOSIGNAL);
                socket.reset();
            }
            reserve_ = reserve();
            if (!more) break;
        }
    }

    Descriptor accept_socket(sockaddr* remote, socklen_t* size) noexcept {
        return Descriptor{::accept4(socket_.native_handle(), remote, size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    }

    int accept_one() {
        Endpoint remote;
        Descriptor socket = accept_socket(remote.get(), &remote.size);
        if (!socket) return errno;
        if (!reserve_) reserve_ = reserve();  // another may have been quicker
        on_accepted_(std::move(socket), remote);
        return 0;
    }

    Waitable socket_;
    Alarm pause_;
    Slot wait_slot_, pause_slot_;
    OnAccepted on_accepted_;
    Endpoint local_;
    std::optional<std::pair<dev_t, ino_t>> file_;  // of a Unix socket
    bool plain_;
    Descriptor reserve_;
};

}  // namespace kingbolt::transport::detail
