#pragma once
// A socket as OpenSSL reads and writes it. OpenSSL's own writes with write(2), and that raises SIGPIPE, which ends a process, where a
// peer has gone.

#include <kingbolt/tls/owned.hpp>

#include <openssl/bio.h>

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>

namespace kingbolt::tls {

namespace detail {

inline int socket_of(BIO* bio) noexcept { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

/// What OpenSSL is to make of a transfer; repeats what a signal has interrupted.
template <class Transfer>
int transfer(BIO* bio, std::size_t* bytes, int retry, Transfer&& once) noexcept {
    BIO_clear_retry_flags(bio);
    ssize_t result = 0;
    do result = once();
    while (result < 0 && errno == EINTR);
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    if (result == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    *bytes = result > 0 ? static_cast<std::size_t>(result) : 0;
    return result > 0 ? 1 : 0;
}

// Flags of this BIO alone, beyond OpenSSL's own: it may read the socket once, and it has.
inline constexpr int may_read_once = 0x10000, has_read_once = 0x20000;

inline int read(BIO* bio, char* into, std::size_t size, std::size_t* bytes) noexcept {
    const int may = BIO_test_flags(bio, may_read_once | has_read_once);
    const int result = transfer(bio, bytes, BIO_FLAGS_READ, [&]() -> ssize_t {
        if (may != has_read_once) return ::recv(socket_of(bio), into, size, 0);
        errno = EAGAIN;
        return -1;
    });
    if (may == may_read_once) {
        BIO_clear_flags(bio, may_read_once);
        if (result == 1) BIO_set_flags(bio, has_read_once);
    }
    return result;
}
inline int write(BIO* bio, const char* from, std::size_t size, std::size_t* bytes) noexcept {
    return transfer(bio, bytes, BIO_FLAGS_WRITE, [&] { return ::send(socket_of(bio), from, size, MSG_NOSIGNAL); });
}
inline long control(BIO* bio, int command, long, void*) noexcept {
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default: return 0;
    }
}

inline BIO_METHOD* make_method() {
    Owned<BIO_METHOD> method{BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kingbolt socket")};
    if (!method) throw std::bad_alloc{};
    BIO_meth_set_read_ex(method.get(), read);
    BIO_meth_set_write_ex(method.get(), write);
    BIO_meth_set_ctrl(method.get(), control);
    return method.release();
}

}  // namespace detail

/// Owned by whoever takes it; the socket stays its owner's. Throws std::bad_alloc.
inline BIO* make_socket_bio(int socket) {
    static BIO_METHOD* const method = detail::make_method();  // for as long as the process lives
    BIO* const bio = BIO_new(method);
    if (bio == nullptr) throw std::bad_alloc{};
    // A BIO keeps a pointer, and a number is all that there is to keep.
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));  // NOLINT(performance-no-int-to-ptr)
    BIO_set_init(bio, 1);
    return bio;
}

/// The next call of OpenSSL reads the socket once at most. By itself it reads on for as long as what comes is no data, such as a change of
/// keys, and a peer may send that without end.
inline void let_read_once(BIO* bio) noexcept {
    BIO_clear_flags(bio, detail::has_read_once);
    BIO_set_flags(bio, detail::may_read_once);
}
/// That it has, and something came: there may be more.
inline bool has_read_once(const BIO* bio) noexcept { return BIO_test_flags(bio, detail::has_read_once) != 0; }

}  // namespace kingbolt::tls
