#pragma once
// native::Connection: what arrives, and what it is answered. Included by transport/native.hpp.

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/engine/utf8.hpp>
#include <kingbolt/engine/violation.hpp>
#include <kingbolt/transport/native/server.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::transport::native {

template <Compression C, SecureChannel S>
void Connection<C, S>::start() {
    guarded([&] {
        const Acceptance acceptance = server_.events()->on_accepted(*this, aside().handshake->remote());
        id_ = acceptance.session;
        if (has_ended()) return;
        if (id_) {
            if constexpr (S::encrypts) server_.channel().open(channel_, socket_.get());
            return;
        }
        // Nobody pays for a handshake of TLS to be sent away.
        if (S::encrypts || acceptance.refusal.empty() || !server_.may_linger()) return end_now();
        send_own(acceptance.refusal);
        end_gracefully();
    });
}

template <Compression C, SecureChannel S>
void Connection<C, S>::on_ready(bool readable, bool writable, bool peer_is_through) noexcept {
    if (has_ended()) return;
    // A channel may have to write before it can read, and the other way round: it tries both whatever the news is.
    if constexpr (S::encrypts) readable = writable = true;
    const auto held = server_.count_held(*this);
    guarded([&] {
        if (writable && has_output()) flush();
        if constexpr (S::encrypts)
            if (owes_farewell()) half_close();
        // Nobody reads while the hub makes up its mind, and yet a client that has left need not be judged any more.
        if (peer_is_through && waits_for_hub()) return on_end_of_stream();
        if (peer_is_through) unread_ = true;
        if (!readable || has_ended()) return;
        // Who has more than one read already waits for the next, and does not come before others because of news.
        if (waits_for_turn_)
            unread_ = true;
        else
            read();
    });
}

template <Compression C, SecureChannel S>
void Connection<C, S>::carry_on() noexcept {
    const auto held = server_.count_held(*this);
    guarded([&] {
        if (aside_ && aside_->answer) {
            const UpgradeResponse answer = *std::exchange(aside_->answer, std::nullopt);
            aside_->handshake->answer(*this, answer);
        }
        if (aside_ && !aside_->input.empty() && goes_on()) {
            std::string input = std::exchange(aside_->input, {});
            take_frames(input);
        }
        // The peer may have said good-bye before it went: what it sent last is still there to be read.
        const bool failed = aside_ && aside_->write_error;
        if (failed) unread_ = true;
        if (unread_ && !has_ended()) read();
        if (failed && !has_ended() && (paused_ || !unread_)) return on_write_error();
        tidy();
    });
}

template <Compression C, SecureChannel S>
void Connection<C, S>::resume_reading() {
    if (!std::exchange(paused_, false) || has_ended()) return;
    server_.call_soon(*this);
}

/// Once. What is left has a turn of its own, so that others have theirs.
template <Compression C, SecureChannel S>
void Connection<C, S>::read() {
    if (stage_ == Stage::ending) return discard();
    if (waits_for_hub()) {
        // An end that came together with the request is no news any more.
        char next = 0;
        if (::recv(socket_.get(), &next, 1, MSG_PEEK) == 0) return on_end_of_stream();
    }
    if (paused_ || waits_for_hub()) {
        unread_ = true;
        return;
    }
    if constexpr (S::encrypts) return read_secure();
    const auto buffer = server_.read_buffer();
    const ssize_t received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (received < 0) {
        unread_ = errno == EINTR;
        if (unread_) return server_.call_soon(*this);
        return errno == EAGAIN || errno == EWOULDBLOCK ? void() : on_read_error(detail::last_error());
    }
    if (received == 0) return on_end_of_stream();
    const auto size = static_cast<std::size_t>(received);
    // Less than was asked for is all there is, and more would be news; but an end that came together with it was told already.
    if (size == buffer.size()) unread_ = true;
    if (unread_) server_.call_soon(*this);
    take_read(buffer.first(size));
}

/// What one read has brought.
template <Compression C, SecureChannel S>
void Connection<C, S>::take_read(std::span<char> bytes) {
    server_.events()->on_bytes(id_, bytes.size());
    if (!has_ended()) take(bytes);
    if (stage_ == Stage::open && server_.events() != nullptr) server_.events()->on_read_end(id_);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::take(std::span<char> bytes) {
    switch (stage_) {
    case Stage::handshake: return aside().handshake->take(*this, {bytes.data(), bytes.size()});
    case Stage::open:
    case Stage::closing: return take_frames(bytes);
    default: return;
    }
}

template <Compression C, SecureChannel S>
void Connection<C, S>::take_frames(std::span<char> bytes) {
    Sink sink{*this};
    engine::FrameRules rules = server_.rules();
    rules.compression = C::active(compression_);
    const auto result = reader_.read(bytes, rules, sink);
    if (has_ended() || stage_ == Stage::ending) return;
    if (result.violation != nullptr) return violate(*result.violation);
    if (result.consumed < bytes.size()) aside().input.append(bytes.data() + result.consumed, bytes.size() - result.consumed);
}

// Into the reader's loop: most of what a hub does begins here.
template <Compression C, SecureChannel S>
[[gnu::always_inline]] inline bool Connection<C, S>::Sink::on_message(Opcode opcode, std::string_view payload, bool compressed) {
    if (compressed)
        connection.take_compressed(opcode, payload);
    else if (connection.stage_ == Stage::open)
        connection.server_.events()->on_message(connection.id_, Message{opcode, payload});
    return connection.goes_on();
}

/// Once this server has sent its Close nobody hears it, and yet it must be sound, as anything else that arrives.
template <Compression C, SecureChannel S>
void Connection<C, S>::take_compressed(Opcode opcode, std::string_view payload) {
    std::string& message = server_.inflated();
    const struct GiveBack {
        std::string& message;
        ~GiveBack() {
            // What usual messages need is kept.
            if (message.capacity() > 256_KiB) std::string{}.swap(message);
        }
    } however_it_ends{message};
    switch (server_.compression().inflate(compression_, payload, message, server_.rules().max_message)) {
    case Inflated::corrupt: return violate(engine::violation::compressed_data);
    case Inflated::too_big: return violate(engine::violation::message_too_big);
    case Inflated::ok: break;
    }
    if (opcode == Opcode::text && !engine::is_utf8(message)) return violate(engine::violation::text);
    if (stage_ == Stage::open) server_.events()->on_message(id_, Message{opcode, message});
}

template <Compression C, SecureChannel S>
bool Connection<C, S>::Sink::on_ping(std::string_view payload) {
    if (connection.stage_ == Stage::open) connection.server_.events()->on_ping(connection.id_, payload);
    return connection.goes_on();
}

template <Compression C, SecureChannel S>
bool Connection<C, S>::Sink::on_pong(std::string_view payload) {
    if (connection.stage_ == Stage::open) connection.server_.events()->on_pong(connection.id_, payload);
    return connection.goes_on();
}

template <Compression C, SecureChannel S>
bool Connection<C, S>::Sink::on_close(CloseCode code, std::string_view reason) {
    connection.on_close(code, reason);
    return false;
}

template <Compression C, SecureChannel S>
void Connection<C, S>::on_close(CloseCode code, std::string_view reason) {
    note(Cause::client_close);
    if (auto& how = aside().how; how && how->cause == Cause::client_close) {
        how->peer_code = code;
        how->peer_reason = reason;
    }
    if (std::exchange(stage_, Stage::closing) == Stage::open) {
        send_close(code, reason);
        server_.events()->on_close_received(id_, code, reason);
    }
    if (!has_ended()) end_gracefully();
}

template <Compression C, SecureChannel S>
void Connection<C, S>::on_end_of_stream() {
    unread_ = false;
    // The write that failed took the reset off the socket; what is left looks like a regular end.
    if (aside_ && aside_->write_error == std::errc::connection_reset) return on_read_error(aside_->write_error);
    note(Cause::eof_without_close);
    // A peer that has shut its side down may still read our Close.
    stage_ == Stage::closing ? end_gracefully() : end_now();
}

template <Compression C, SecureChannel S>
void Connection<C, S>::on_read_error(std::error_code error) {
    note_failure(error, Cause::read_error);
    end_now();
}

}  // namespace kingbolt::transport::native
