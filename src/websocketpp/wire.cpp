#include "wire.hpp"

#include "tcp_evidence.hpp"

#include <asio/post.hpp>

#include <chrono>
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

void Wire::adopt(std::shared_ptr<Loop> loop, Socket socket, asio::ssl::context* tls) {
    loop_ = std::move(loop);
    socket_.emplace(std::move(socket));
    std::error_code ignored;  // a peer that is gone already shows itself at the first read
    socket_->set_option(asio::ip::tcp::no_delay{true}, ignored);
    socket_->non_blocking(true, ignored);
    if (tls != nullptr) tls_ = std::make_unique<asio::ssl::stream<Socket&>>(*socket_, *tls);
}

std::optional<TcpEvidence> Wire::evidence() const {
    if (ended_ || !socket_) return std::nullopt;
    return tcp_evidence(const_cast<Socket&>(*socket_).native_handle());
}

void Wire::make_secure() {
    tls_->async_handshake(asio::ssl::stream_base::server, [this, self = shared_from_this()](const std::error_code& error) {
        loop_->entered();
        if (!ended_) on_secured(error);
    });
}

// ---- reading

void Wire::read_into(char* buffer, std::size_t size) {
    if (ended_ || ending_ || wants_read_) return;
    read_buffer_ = buffer;
    read_size_ = size;
    wants_read_ = true;
    if (paused_ || reads_now_) return;
    tls_ ? read_tls() : wait_readable();
}

void Wire::resume_reads() {
    if (!std::exchange(paused_, false) || !wants_read_ || ended_) return;
    tls_ ? read_tls() : wait_readable();
}

void Wire::wait_readable() {
    if (std::exchange(waits_readable_, true)) return;
    socket_->async_wait(Socket::wait_read, [this, self = shared_from_this()](const std::error_code&) {
        loop_->entered();
        waits_readable_ = false;
        if (!ended_) readable();
    });
}

void Wire::readable() {
    if (ending_) return discard();
    reads_now_ = true;
    for (int i = 0; i < reads_a_turn && read_plain(); ++i) {
    }
    reads_now_ = false;
    if (wants_read_ && !paused_ && !ended_ && !ending_) wait_readable();
}

bool Wire::read_plain() {
    if (!wants_read_ || paused_ || ended_ || ending_) return false;
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
    if (std::exchange(reads_tls_, true)) return;
    tls_->async_read_some(asio::buffer(read_buffer_, read_size_),
                          [this, self = shared_from_this()](const std::error_code& error, std::size_t bytes) {
                              loop_->entered();
                              reads_tls_ = false;
                              if (ended_ || ending_) return;
                              wants_read_ = false;
                              on_read(error, bytes);
                          });
}

// ---- writing

void Wire::write(std::span<const Frame> frames) {
    if (ended_ || ending_) return;
    output_.push(frames);
    flush();
}

void Wire::write_control(std::string_view bytes) {
    if (ended_ || ending_) return;
    output_.push_control(bytes);
    flush();
}

void Wire::flush() {
    if (ended_ || waits_writable_ || write_error_) return;
    tls_ ? flush_tls() : flush_plain();
}

void Wire::flush_plain() {
    Output::Buffers buffers;
    while (!output_.empty()) {
        std::error_code error;
        const std::size_t bytes = socket_->write_some(output_.gather(buffers), error);
        if (would_block(error)) return wait_writable();
        if (error) return fail_write(error);
        on_sent(output_.sent(bytes));
    }
    if (ending_) half_close();
}

void Wire::wait_writable() {
    waits_writable_ = true;
    socket_->async_wait(Socket::wait_write, [this, self = shared_from_this()](const std::error_code&) {
        loop_->entered();
        waits_writable_ = false;
        flush();
    });
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
    waits_writable_ = true;
    tls_->async_write_some(asio::buffer(record_), [this, self = shared_from_this()](const std::error_code& error, std::size_t bytes) {
        loop_->entered();
        waits_writable_ = false;
        if (ended_) return;
        if (error) return fail_write(error);
        on_sent(output_.sent(bytes));
        flush();
    });
}

void Wire::fail_write(std::error_code error) {
    write_error_ = error;
    asio::post(loop_->io(), [this, self = shared_from_this()] {
        loop_->entered();
        if (ended_) return;
        if (ending_) return end();
        // The peer may have said good-bye before it went: what it sent last is still there to be read.
        if (!tls_) readable();
        if (!ended_ && !ending_) on_write_error(write_error_);
    });
}

// ---- ending

void Wire::end_gracefully() {
    if (ended_ || std::exchange(ending_, true)) return;
    if (write_error_) return;  // fail_write's task ends it
    linger_ = std::make_unique<Timer>(loop_->io(), longest_linger);
    linger_->async_wait([this, self = shared_from_this()](const std::error_code& error) {
        loop_->entered();
        if (!error && !ended_) end();
    });
    flush();
    if (!tls_ && !ended_) wait_readable();
}

void Wire::half_close() {
    if (ended_ || std::exchange(half_closed_, true)) return;
    if (!tls_) {
        std::error_code ignored;
        socket_->shutdown(Socket::shutdown_send, ignored);
        if (peer_finished_) end();
        return;
    }
    tls_->async_shutdown([this, self = shared_from_this()](const std::error_code& error) {
        loop_->entered();
        if (ended_) return;
        // The peer's close_notify or its FIN has come; anything else means that it still sends.
        if (!error || error == asio::error::eof || error == asio::ssl::error::stream_truncated) return end();
        std::error_code ignored;
        socket_->shutdown(Socket::shutdown_send, ignored);
        wait_readable();
    });
}

void Wire::discard() {
    char bin[4096];
    for (int i = 0; i < reads_a_turn; ++i) {
        std::error_code error;
        socket_->read_some(asio::buffer(bin), error);
        if (would_block(error)) return wait_readable();
        // A peer that has sent its FIN may still read: what is left goes out first.
        if (error == asio::error::eof && !half_closed_) {
            peer_finished_ = true;
            return;
        }
        if (error) return end();
    }
    wait_readable();
}

void Wire::end() {
    if (close_socket()) on_ended();
}

void Wire::end_now() {
    if (!close_socket()) return;
    asio::post(loop_->io(), [this, self = shared_from_this()] {
        loop_->entered();
        on_ended();
    });
}

void Wire::end_with_reset() {
    if (ended_) return;
    std::error_code ignored;
    socket_->set_option(asio::socket_base::linger{true, 0}, ignored);
    end_now();
}

void Wire::drop() noexcept {
    if (close_socket()) release();
}

bool Wire::close_socket() noexcept {
    if (std::exchange(ended_, true)) return false;
    std::error_code ignored;
    if (socket_) socket_->close(ignored);
    linger_.reset();
    return true;
}

}  // namespace kingbolt::transport::detail
