#pragma once
// One accepted TCP connection, plain or TLS: reads on request, gathered writes with progress, and an orderly end. It knows
// nothing of WebSocket.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/wire.hpp>
#include <kingbolt/transport/detail/executor.hpp>
#include <kingbolt/transport/detail/output.hpp>

#include "loop.hpp"

#include <asio/basic_stream_socket.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/stream.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt::transport::detail {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

class Wire : public Member, public std::enable_shared_from_this<Wire> {
public:
    bool is_secure() const noexcept { return tls_ != nullptr; }
    /// The socket is closed; `ended()` has come or will.
    bool is_closed() const noexcept { return closed_; }
    std::optional<TcpEvidence> evidence() const;

    void report() noexcept final;
    void drop() noexcept final;

protected:
    Wire() = default;
    ~Wire() = default;

    // What became of it; each in a turn of its own.

    virtual void on_secured(std::error_code error) = 0;
    /// The read that was asked for. An error is the last that is read.
    virtual void on_read(std::error_code error, std::size_t bytes) = 0;
    /// The same, for what was put back.
    virtual void on_read_again(std::size_t bytes) = 0;
    /// The kernel took something since the last time.
    virtual void on_sent(const Output::Progress& progress) = 0;
    virtual void on_write_error(std::error_code error) = 0;
    /// One of these, or a call from outside, threw.
    virtual void on_exception(const std::exception& error) noexcept = 0;
    /// Let go of whatever holds this object.
    virtual void release() noexcept = 0;

    void adopt(std::shared_ptr<Loop> loop, Socket socket, SSL_CTX* tls);
    Loop& loop() const noexcept { return *loop_; }

    /// Every way into this object from outside: what is thrown on it goes no further.
    template <class Call>
    void guarded(Call&& call) noexcept {
        try {
            call();
        } catch (const std::exception& error) {
            on_exception(error);
        }
    }

    /// The TLS handshake.
    void make_secure();

    /// Reads once, up to `size` bytes, when there is something. `buffer` must stay. A second call before `on_read` changes nothing.
    void read_into(char* buffer, std::size_t size);
    /// Reads nothing, and yet calls `on_read` when the peer has ended its stream and nothing is left in front of that. Without TLS only:
    /// there the end is said in the stream.
    void watch_for_end();
    /// These bytes are read once more before any others.
    void put_back(std::string bytes) { put_back_ = std::move(bytes); }
    void pause_reads() noexcept { paused_ = true; }
    void resume_reads();

    /// Returns what the kernel took at once; `on_sent` tells of the rest.
    std::size_t write(std::span<const Frame> frames);
    void write_control(std::string_view bytes);

    /// Sends what is left, then FIN, and throws away what still arrives until the peer has closed as well, all of it for at most one
    /// second. A socket closed with unread bytes sends a reset, and that can destroy at the peer what it has not read yet. An answer may be
    /// long: its second begins once it has gone, and until then somebody else has to bound it.
    void end_gracefully(bool answers);
    void end_now() noexcept;
    /// `end_now` with a reset: the kernel forgets what the peer has not acknowledged.
    void end_with_reset() noexcept;

private:
    template <class Call>
    auto handler(Call call);
    void read_next();
    void read_again();
    void wait_readable();
    void readable();
    bool read_plain();
    void read_tls();
    void discard();
    void flush();
    void flush_plain();
    void flush_tls();
    void wait_writable();
    void sent(std::size_t bytes);
    void fail_write(std::error_code error);
    void settle_write_error();
    void linger();
    void half_close();
    bool close_socket() noexcept;

    std::shared_ptr<Loop> loop_;
    std::optional<Socket> socket_;
    std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
    std::unique_ptr<Timer> linger_;
    Output output_;
    Output::Progress progress_;  // not reported yet
    std::string put_back_;
    std::string record_;  // TLS: what is being encrypted
    char* read_buffer_ = nullptr;
    std::size_t read_size_ = 0;
    std::error_code write_error_;
    bool wants_read_ = false;
    bool paused_ = false;
    bool waits_readable_ = false;
    bool reads_now_ = false;  // inside the loop that reads until there is nothing
    bool reads_tls_ = false;
    bool waits_writable_ = false;  // or, with TLS, a write is under way
    bool ending_ = false;
    bool half_closed_ = false;
    bool peer_finished_ = false;  // its FIN came while we were ending
    bool closed_ = false;
};

}  // namespace kingbolt::transport::detail
