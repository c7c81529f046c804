#include "wire.hpp"

#include <kingbolt/tls/owned.hpp>
#include <kingbolt/transport/detail/tcp_evidence.hpp>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace kingbolt::transport::detail {
namespace {

constexpr std::chrono::seconds longest_linger{1};

// Reads in one turn of the loop before it is the others' turn.
constexpr int reads_a_turn = 32;

// The payload of one TLS record (RFC 8446 §5.1).
constexpr std::size_t record_size = 16 * 1024;

bool would_block(const std::error_code& error) { return error == asio::error::would_block || error == asio::error::try_again; }

}  // namespace

void Wire::adopt(std::shared_ptr<Loop> loop, Socket socket, SSL_CTX* tls) {
    loop_ = std::move(loop);
    socket_.emplace(std::move(socket));
    std::error_code ignored;  // a peer that is gone already shows itself at the first read
    socket_->non_blocking(true, ignored);
    if (tls == nullptr) return;
    tls::Owned<SSL> connection{SSL_new(tls)};
    if (!connection) throw std::bad_alloc{};
    tls_ = std::make_unique<asio::ssl::stream<Socket&>>(*socket_, connection.get());
    connection.release();  // NOLINT(bugprone-unused-return-value): the stream's now
}

std::optional<TcpEvidence> Wire::evidence() const {
    if (closed_) return std::nullopt;
    return tcp_evidence(const_cast<Socket&>(*socket_).native_handle());  // a getter, though Asio does not say so
}

/// A completion handler that keeps this object, and does nothing once the socket is closed.
template <class Call>
auto Wire::handler(Call call) {
    return [this, self = shared_from_this(), call](const std::error_code& error, std::size_t bytes = 0) {
        loop_->entered();
        if (!closed_) guarded([&] { call(error, bytes); });
    };
}

void Wire::make_secure() {
    tls_->async_handshake(asio::ssl::stream_base::server,
                          handler([this](const std::error_code& error, std::size_t) { on_secured(error); }));
}

// ---- reading

void Wire::read_into(char* buffer, std::size_t size) {
    if (closed_ || ending_ || wants_read_) return;
    read_buffer_ = buffer;
    read_size_ = size;
    wants_read_ = true;
    if (!paused_) read_next();
}

void Wire::read_next() {
    if (!put_back_.empty()) return loop_->report_soon(*this);
    if (reads_now_) return;
    tls_ ? read_tls() : wait_readable();
}

void Wire::read_again() {
    const std::size_t bytes = put_back_.copy(read_buffer_, read_size_);
    put_back_.erase(0, bytes);
    wants_read_ = false;
    on_read_again(bytes);
}

void Wire::resume_reads() {
    if (std::exchange(paused_, false) && wants_read_ && !closed_) read_next();
}

void Wire::watch_for_end() {
    if (tls_ || closed_ || ending_) return;
    socket_->async_wait(Socket::wait_read, handler([this](const std::error_code&, std::size_t) {
                            char next = 0;
                            std::error_code error;
                            socket_->receive(asio::buffer(&next, 1), Socket::message_peek, error);
                            if (error && !would_block(error) && !ending_) on_read(error, 0);
                        }));
}

void Wire::wait_readable() {
    if (waits_readable_) return;
    socket_->async_wait(Socket::wait_read, handler([this](const std::error_code&, std::size_t) {
                            waits_readable_ = false;
                            readable();
                        }));
    waits_readable_ = true;
}

void Wire::readable() {
    if (ending_) return discard();
    reads_now_ = true;
    for (int i = 0; i < reads_a_turn && read_plain(); ++i) {
    }
    reads_now_ = false;
    if (wants_read_ && !paused_ && !closed_ && !ending_ && put_back_.empty()) wait_readable();
}

bool Wire::read_plain() {
    if (!wants_read_ || paused_ || closed_ || ending_ || !put_back_.empty()) return false;
    const std::size_t asked = read_size_;
    std::error_code error;
    const std::size_t bytes = socket_->read_some(asio::buffer(read_buffer_, asked), error);
    if (would_block(error)) return false;
    wants_read_ = false;
    // The write that failed took the reset off the socket; what is left looks like a regular end.
    if (error == asio::error::eof && write_error_ == asio::error::connection_reset) error = write_error_;
    on_read(error, bytes);
    return !error && bytes == asked;
}

void Wire::read_tls() {
    if (reads_tls_) return;
    tls_->async_read_some(asio::buffer(read_buffer_, read_size_), handler([this](const std::error_code& error, std::size_t bytes) {
                              reads_tls_ = false;
                              if (ending_) return;
                              wants_read_ = false;
                              on_read(error, bytes);
                          }));
    reads_tls_ = true;
}

// ---- writing

std::size_t Wire::write(std::span<const Frame> frames) {
    if (closed_ || ending_) return 0;
    output_.push(frames);
    flush();
    progress_.frames_done = false;  // the number says it
    return std::exchange(progress_.frame_bytes, 0);
}

void Wire::write_control(std::string_view bytes) {
    if (closed_ || ending_) return;
    output_.push_control(bytes);
    flush();
}

void Wire::flush() {
    if (closed_ || waits_writable_ || write_error_) return;
    tls_ ? flush_tls() : flush_plain();
}

void Wire::flush_plain() {
    Output::Buffers buffers;
    while (!output_.empty()) {
        std::error_code error;
        const std::size_t bytes = socket_->write_some(output_.gather(buffers), error);
        if (would_block(error)) return wait_writable();
        if (error) return fail_write(error);
        sent(bytes);
    }
    if (ending_) half_close();
}

void Wire::wait_writable() {
    socket_->async_wait(Socket::wait_write, handler([this](const std::error_code&, std::size_t) {
                            waits_writable_ = false;
                            flush();
                        }));
    waits_writable_ = true;
}

void Wire::flush_tls() {
    if (output_.empty()) {
        record_ = {};
        if (ending_) half_close();
        return;
    }
    Output::Buffers buffers;
    record_.clear();
    for (const auto& buffer : output_.gather(buffers)) {
        const std::size_t room = record_size - record_.size();
        record_.append(static_cast<const char*>(buffer.data()), std::min(room, buffer.size()));
        if (room <= buffer.size()) break;
    }
    tls_->async_write_some(asio::buffer(record_), handler([this](const std::error_code& error, std::size_t bytes) {
                               waits_writable_ = false;
                               if (error) return fail_write(error);
                               sent(bytes);
                               flush();
                           }));
    waits_writable_ = true;
}

void Wire::sent(std::size_t bytes) {
    const auto more = output_.sent(bytes);
    progress_.frame_bytes += more.frame_bytes;
    progress_.frames_done |= more.frames_done;
    progress_.control_done |= more.control_done;
    loop_->report_soon(*this);
}

void Wire::fail_write(std::error_code error) {
    write_error_ = error;
    loop_->report_soon(*this);
}

void Wire::report() noexcept {
    if (closed_) return;
    guarded([this] {
        if (write_error_) return settle_write_error();
        on_sent(std::exchange(progress_, {}));
        if (!put_back_.empty() && wants_read_ && !paused_ && !closed_ && !ending_) read_again();
    });
}

void Wire::settle_write_error() {
    if (ending_) return end_now();
    // The peer may have said good-bye before it went: what it sent last is still there to be read.
    if (!tls_) readable();
    if (!closed_ && !ending_) on_write_error(write_error_);
}

// ---- ending

void Wire::end_gracefully(bool answers) {
    if (closed_ || std::exchange(ending_, true)) return;
    if (write_error_) return;  // its report ends it
    if (!answers) linger();
    flush();
    if (!tls_ && !closed_) wait_readable();
}

void Wire::linger() {
    if (linger_) return;
    linger_ = std::make_unique<Timer>(loop_->io(), longest_linger);
    loop_->lingers(1);
    linger_->async_wait(handler([this](const std::error_code&, std::size_t) { end_now(); }));
}

void Wire::half_close() {
    if (std::exchange(half_closed_, true)) return;
    linger();
    if (!tls_) {
        std::error_code ignored;
        socket_->shutdown(Socket::shutdown_send, ignored);
        if (peer_finished_) end_now();
        return;
    }
    tls_->async_shutdown(handler([this](const std::error_code& error, std::size_t) {
        // The peer's close_notify or its FIN has come; anything else means that it still sends.
        if (!error || error == asio::error::eof || error == asio::ssl::error::stream_truncated) return end_now();
        std::error_code ignored;
        socket_->shutdown(Socket::shutdown_send, ignored);
        wait_readable();
    }));
}

void Wire::discard() {
    char bin[4096];
    for (int i = 0; i < reads_a_turn; ++i) {
        std::error_code error;
        socket_->read_some(asio::buffer(bin), error);
        if (would_block(error)) break;
        // A peer that has sent its FIN may still read: what is left goes out first.
        if (error == asio::error::eof && !half_closed_) {
            peer_finished_ = true;
            return;
        }
        if (error) return end_now();
    }
    wait_readable();
}

void Wire::end_now() noexcept {
    if (close_socket()) loop_->end_soon(*this);
}

void Wire::end_with_reset() noexcept {
    if (closed_) return;
    std::error_code ignored;
    socket_->set_option(asio::socket_base::linger{true, 0}, ignored);
    end_now();
}

void Wire::drop() noexcept {
    close_socket();
    release();
}

bool Wire::close_socket() noexcept {
    if (std::exchange(closed_, true)) return false;
    std::error_code ignored;
    socket_->close(ignored);
    if (linger_) loop_->lingers(-1);
    linger_.reset();
    return true;
}

}  // namespace kingbolt::transport::detail
