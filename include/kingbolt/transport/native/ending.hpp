#pragma once
// native::Connection: how it ends, and what is known of why. Included by transport/native.hpp.

#include <kingbolt/transport/detail/tcp_evidence.hpp>
#include <kingbolt/transport/native/server.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt::transport::native {

template <Compression C, SecureChannel S>
Connection<C, S>::Connection(Server<C, S>& server, detail::Descriptor socket, const std::string& remote)
    : server_{server}, socket_{std::move(socket)}, aside_{std::make_unique<Aside>()} {
    aside_->handshake.emplace(remote);
}

template <Compression C, SecureChannel S>
auto Connection<C, S>::aside() -> Aside& {
    if (!aside_) aside_ = std::make_unique<Aside>();
    return *aside_;
}

/// An idle connection has nothing aside.
template <Compression C, SecureChannel S>
void Connection<C, S>::tidy() noexcept {
    if (!aside_ || stage_ == Stage::handshake || has_ended()) return;
    if (aside_->input.empty() && aside_->output.empty() && !aside_->how && !aside_->write_error && !aside_->linger) aside_.reset();
}

template <Compression C, SecureChannel S>
std::optional<TcpEvidence> Connection<C, S>::tcp_evidence() const {
    return has_ended() ? std::nullopt : detail::tcp_evidence(socket_.get());
}

template <Compression C, SecureChannel S>
void Connection<C, S>::close(CloseCode code, std::string_view reason) {
    if (has_ended() || stage_ >= Stage::closing) return;
    if (stage_ == Stage::handshake || !is_sendable(code)) return abort();
    stage_ = Stage::closing;
    guarded([&] {
        resume_reading();
        send_close(code, reason);
    });
}

template <Compression C, SecureChannel S>
void Connection<C, S>::abort() {
    if (has_ended()) return;
    note(Cause::eof_without_close);
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    end_now();
}

/// What is noted first is the cause. Without memory for it the end goes unexplained, but it goes on.
template <Compression C, SecureChannel S>
void Connection<C, S>::note(Cause cause, std::error_code error, std::string_view words) noexcept {
    try {
        if (auto& how = aside().how; !how)
            how.emplace(WireClosed{.cause = cause, .error = error, .detail = std::string{words}, .tcp = tcp_evidence()});
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    }
}

template <Compression C, SecureChannel S>
void Connection<C, S>::note_failure(std::error_code error, Cause otherwise) {
    if (error.category() != std::system_category()) return note(Cause::tls_error, error, error.message());
    note(error == std::errc::connection_reset ? Cause::reset_by_peer : otherwise, error);
}

/// RFC 6455 §7.1.7: a Close frame, and then nothing of what the peer sends is looked at any more.
template <Compression C, SecureChannel S>
void Connection<C, S>::violate(const engine::Violation& violation) {
    note(violation.cause, {}, violation.words);
    if (std::exchange(stage_, Stage::closing) == Stage::open) send_close(violation.code, violation.words);
    end_gracefully();
}

template <Compression C, SecureChannel S>
void Connection<C, S>::on_exception(const std::exception& error) noexcept {
    const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
    note(Cause::read_error, memory ? std::make_error_code(std::errc::not_enough_memory) : std::error_code{}, error.what());
    end_now();
}

/// Sends what is left, then FIN, and throws away what still arrives until the peer has closed as well, all of it for at most one second.
/// A socket closed with unread bytes sends a reset, and that can destroy at the peer what it has not read yet. The answer to a request may
/// be long: its second begins once it has gone, and until then the hub's deadline for the handshake bounds it.
template <Compression C, SecureChannel S>
void Connection<C, S>::end_gracefully() {
    if (has_ended() || stage_ == Stage::ending) return;
    const bool answers = std::exchange(stage_, Stage::ending) == Stage::handshake && id_;
    auto& rest = aside();
    rest.input = {};
    if (!answers) begin_linger();
    if (rest.output.empty()) half_close();
    // What has arrived already is no news any more.
    unread_ = true;
    if (!has_ended()) server_.call_soon(*this);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::begin_linger() {
    if (aside_->linger) return;
    aside_->linger_until = std::chrono::steady_clock::now() + Server<C, S>::longest_linger;
    aside_->linger = server_.linger(*this);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::half_close() {
    if (aside_->half_closed) return;
    begin_linger();
    if constexpr (S::encrypts)
        if (!server_.channel().finish(channel_)) return;
    aside_->half_closed = true;
    ::shutdown(socket_.get(), SHUT_WR);
    if (aside_->peer_finished) end_now();
}

template <Compression C, SecureChannel S>
void Connection<C, S>::discard() {
    const auto buffer = server_.read_buffer();
    const ssize_t received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    unread_ = received > 0 || (received < 0 && errno == EINTR);
    if (unread_) return server_.call_soon(*this);
    if (received < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? void() : end_now();
    // A peer that has sent its FIN may still read: what is left goes out first.
    if (aside_->half_closed) return end_now();
    aside_->peer_finished = true;
}

template <Compression C, SecureChannel S>
void Connection<C, S>::end_now() noexcept {
    if (has_ended()) return;
    if (aside_ && aside_->linger) server_.forget_linger(*std::exchange(aside_->linger, std::nullopt));
    server_.forget_socket(socket_.get());
    socket_.reset();
    stage_ = Stage::ended;
    server_.call_soon(*this);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::report_end() noexcept {
    if (!id_) return;
    static const WireClosed unexplained;
    try {
        server_.events()->on_closed(id_, aside_ && aside_->how ? *aside_->how : unexplained);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): nothing is left here that could suffer from it
    }
}

template <Compression C, SecureChannel S>
void Server<C, S>::await_linger() {
    linger_alarm_.async_wait(lingering_.front()->aside_->linger_until,
                             detail::InPlace{linger_slot_, [self = self()](const std::error_code& error) {
                                                 self->linger_awaited_ = false;
                                                 if (error || self->events() == nullptr) return;
                                                 self->turn([&server = *self] {
                                                     const auto now = std::chrono::steady_clock::now();
                                                     auto& waiting = server.lingering_;
                                                     while (!waiting.empty() && waiting.front()->aside_->linger_until <= now)
                                                         waiting.front()->end_now();
                                                     if (waiting.empty()) return;
                                                     server.linger_awaited_ = true;
                                                     server.await_linger();
                                                 });
                                             }});
}

}  // namespace kingbolt::transport::native
