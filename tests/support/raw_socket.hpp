#pragma once
// A blocking TCP socket in which every wait has a deadline, and which can end as badly as real peers do: FIN, RST, half-close,
// or by vanishing. IPv4 loopback and Unix sockets only. What cannot fail in a healthy test throws std::runtime_error.

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::test {

using namespace std::chrono_literals;

using WaitClock = std::chrono::steady_clock;
using Patience = std::chrono::milliseconds;

/// Long enough for a machine that is busy with something else; no passing test ever waits that long.
inline constexpr Patience patience = 10s;

/// How a read came out.
enum class Read { data, eof, reset, timeout };

struct SocketOptions {
    int receive_buffer = 0;  ///< SO_RCVBUF, set before connecting so that the advertised window is small; 0 leaves the default
};

class RawSocket {
public:
    static RawSocket connect(std::uint16_t port, SocketOptions options = {}) {
        RawSocket socket{check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
        if (options.receive_buffer > 0) socket.set(SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
        socket.set(IPPROTO_TCP, TCP_NODELAY, 1);
        sockaddr_in to = loopback(port);
        check(::connect(socket.fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), "connect");
        return socket;
    }
    /// To a Unix socket.
    static RawSocket connect(const std::string& path) {
        RawSocket socket{check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
        const sockaddr_un to = local(path);
        check(::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect");
        return socket;
    }
    static RawSocket listen(const std::string& path) {
        RawSocket socket{check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
        const sockaddr_un at = local(path);
        check(::bind(socket.fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), "bind");
        check(::listen(socket.fd_, 128), "listen");
        return socket;
    }
    /// On an ephemeral port; see `port()`.
    static RawSocket listen() {
        RawSocket socket{check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
        sockaddr_in at = loopback(0);
        check(::bind(socket.fd_, reinterpret_cast<sockaddr*>(&at), sizeof at), "bind");
        check(::listen(socket.fd_, 128), "listen");
        return socket;
    }

    RawSocket() = default;
    RawSocket(RawSocket&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    RawSocket& operator=(RawSocket&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~RawSocket() { close(); }

    explicit operator bool() const noexcept { return fd_ >= 0; }
    int fd() const noexcept { return fd_; }

    /// The local port.
    std::uint16_t port() const {
        sockaddr_in at{};
        socklen_t size = sizeof at;
        check(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), "getsockname");
        return ntohs(at.sin_port);
    }

    /// The next connection, or nothing when none came in time.
    std::optional<RawSocket> accept(Patience timeout = patience) {
        if (!wait(POLLIN, timeout)) return std::nullopt;
        const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return std::nullopt;
        RawSocket socket{fd};
        socket.set(IPPROTO_TCP, TCP_NODELAY, 1);
        return socket;
    }

    /// Everything, or as much as the peer took in time; returns the bytes sent.
    std::size_t send(std::string_view bytes, Patience timeout = patience) {
        const auto deadline = WaitClock::now() + timeout;
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0) {
                sent += static_cast<std::size_t>(n);
            } else if ((errno != EAGAIN && errno != EINTR) || !wait(POLLOUT, remaining(deadline))) {
                break;
            }
        }
        return sent;
    }

    /// Appends what is there, waiting for at least one byte.
    Read read(std::string& into, Patience timeout = patience) {
        if (!wait(POLLIN, timeout)) return Read::timeout;
        std::array<char, 16384> buffer;
        const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n > 0) into.append(buffer.data(), static_cast<std::size_t>(n));
        if (n > 0) return Read::data;
        if (n == 0) return Read::eof;
        return errno == EAGAIN || errno == EINTR ? Read::timeout : Read::reset;
    }

    /// Waits until the kernel holds at least `bytes` unread, without reading them.
    bool wait_unread(std::size_t bytes, Patience timeout = patience) {
        const auto deadline = WaitClock::now() + timeout;
        for (;;) {
            int unread = 0;
            check(::ioctl(fd_, FIONREAD, &unread), "FIONREAD");
            if (static_cast<std::size_t>(unread) >= bytes) return true;
            if (WaitClock::now() >= deadline) return false;
            ::poll(nullptr, 0, 1);
        }
    }

    /// FIN; what the peer still sends can be read.
    void shutdown_write() noexcept { ::shutdown(fd_, SHUT_WR); }
    /// FIN, or RST when received bytes are unread (RFC 2525 §2.17): that is what the kernel does with a closed socket.
    void close() noexcept {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    /// RST.
    void reset() noexcept {
        const linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }
    /// A cable pulled out: a classic BPF program that keeps no byte of any segment makes this side's kernel drop all that arrives
    /// before TCP sees it, so nothing is acknowledged any more. Needs no privilege. It waits until the peer has acknowledged
    /// what was sent, for a retransmission would be a sign of life. Keep the socket until the test is over: closing it would
    /// still send a FIN.
    void vanish() {
        int unacknowledged = 1;
        for (const auto deadline = WaitClock::now() + patience; unacknowledged > 0 && WaitClock::now() < deadline; ::poll(nullptr, 0, 1))
            check(::ioctl(fd_, SIOCOUTQ, &unacknowledged), "SIOCOUTQ");
        sock_filter keep_nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
        const sock_fprog program{.len = 1, .filter = &keep_nothing};
        check(::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), "SO_ATTACH_FILTER");
    }

protected:
    static Patience remaining(WaitClock::time_point deadline) noexcept {
        const auto left = std::chrono::ceil<Patience>(deadline - WaitClock::now());
        return left > 0ms ? left : 0ms;
    }
    bool wait(short events, Patience timeout) const {
        const auto deadline = WaitClock::now() + timeout;
        for (;;) {
            pollfd one{.fd = fd_, .events = events, .revents = 0};
            const int n = ::poll(&one, 1, static_cast<int>(remaining(deadline).count()));
            if (n > 0) return true;
            if (n == 0 || errno != EINTR) return false;
        }
    }

private:
    explicit RawSocket(int fd) noexcept : fd_{fd} {}

    static int check(int result, const char* what) {
        if (result < 0) throw std::runtime_error{std::string{what} + ": " + std::strerror(errno)};
        return result;
    }
    static sockaddr_in loopback(std::uint16_t port) noexcept {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        return address;
    }
    static sockaddr_un local(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) throw std::runtime_error{"a path too long for a Unix socket: " + path};
        path.copy(address.sun_path, path.size());
        return address;
    }
    void set(int level, int name, int value) { check(::setsockopt(fd_, level, name, &value, sizeof value), "setsockopt"); }

    int fd_ = -1;
};

}  // namespace kingbolt::test
