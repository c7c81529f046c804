#pragma once
// native::Connection: what goes out. Included by transport/native.hpp.

#include <kingbolt/engine/close_payload.hpp>
#include <kingbolt/engine/close_plan.hpp>
#include <kingbolt/transport/native/server.hpp>

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string_view>
#include <tuple>

namespace kingbolt::transport::native {

/// What the kernel takes of these bytes now. An error takes nothing, and is dealt with in a later turn.
template <Compression C, SecureChannel S>
std::size_t Connection<C, S>::send_some(std::span<const iovec> pieces) {
    if constexpr (S::encrypts) return send_secure(pieces);
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    for (;;) {
        // One piece, the usual case, needs no gathering.
        const ssize_t sent = pieces.size() == 1 ? ::send(socket_.get(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                                                : ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
        if (sent >= 0) return static_cast<std::size_t>(sent);
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            aside().write_error = detail::last_error();
            server_.call_soon(*this);
        }
        return 0;
    }
}

/// The same, for what the hub sends. The kernel's work for one more piece costs more than copying it, where it is small.
template <Compression C, SecureChannel S>
std::size_t Connection<C, S>::send_together(std::span<const iovec> pieces, std::size_t size) {
    const auto buffer = server_.write_buffer();
    if (pieces.size() == 1 || size > buffer.size() || size > pieces.size() * small_piece) return send_some(pieces);
    char* end = buffer.data();
    for (const iovec& piece : pieces) end = std::copy_n(static_cast<const char*>(piece.iov_base), piece.iov_len, end);
    const iovec whole{buffer.data(), size};
    return send_some({&whole, 1});
}

inline std::size_t wire_size(std::span<const Frame> frames) noexcept {
    std::size_t size = 0;
    for (const Frame& frame : frames) size += frame.wire().size();
    return size;
}

inline iovec piece_of(std::span<const std::byte> bytes) noexcept { return {const_cast<std::byte*>(bytes.data()), bytes.size()}; }

template <Compression C, SecureChannel S>
std::size_t Connection<C, S>::write(std::span<const Frame> frames) {
    std::size_t taken = 0;
    if (stage_ == Stage::open) guarded([&] { taken = write_now(frames); });
    return taken;
}

template <Compression C, SecureChannel S>
std::size_t Connection<C, S>::write_now(std::span<const Frame> frames) {
    return C::active(compression_) ? write_deflated(frames) : write_frames(frames, wire_size(frames));
}

template <Compression C, SecureChannel S>
std::size_t Connection<C, S>::write_deflated(std::span<const Frame> frames) {
    auto& deflated = server_.deflated();
    deflated.clear();
    for (const Frame& frame : frames) deflated.push_back(server_.compression().deflated(compression_, frame));
    const std::size_t taken = write_frames(deflated, wire_size(frames));
    deflated.clear();
    return taken;
}

/// Sends what the kernel takes now and keeps the rest. `size_to_hub`: how many bytes the hub gave for these frames.
template <Compression C, SecureChannel S>
std::size_t Connection<C, S>::write_frames(std::span<const Frame> frames, std::size_t size_to_hub) {
    std::size_t taken = 0;
    // Behind what the kernel has not taken yet, such as a large response to the handshake, everything waits.
    if (!has_output() && !(aside_ && aside_->write_error)) {
        for (std::size_t first = 0; first < frames.size();) {
            std::array<iovec, 64> pieces;
            std::size_t count = 0, size = 0;
            for (; count < pieces.size() && first + count < frames.size(); ++count) {
                pieces[count] = piece_of(frames[first + count].wire());
                size += pieces[count].iov_len;
            }
            const std::size_t sent = send_together(std::span{pieces}.first(count), size);
            taken += sent;
            if (sent < size) break;
            first += count;
            if (first == frames.size()) return size_to_hub;
        }
    }
    auto& rest = aside();
    rest.output.push(frames);
    rest.output.sent(taken);
    rest.progress = {size_to_hub, wire_size(frames)};
    return rest.progress.sent(taken);
}

/// What the transport has to say itself.
template <Compression C, SecureChannel S>
void Connection<C, S>::send_own(std::string_view bytes) {
    if (!has_output() && !(aside_ && aside_->write_error)) {
        const iovec piece = piece_of(std::as_bytes(std::span{bytes}));
        bytes.remove_prefix(send_some({&piece, 1}));
        if (bytes.empty()) return;
    }
    aside().output.push_control(bytes);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::send_close(CloseCode code, std::string_view reason) {
    const auto frame = Frame::encode(Opcode::close, engine::write_close_payload(code, engine::fitting_reason(reason)));
    send_own({reinterpret_cast<const char*>(frame.wire().data()), frame.wire().size()});
}

/// There is room again. Never from inside a command.
template <Compression C, SecureChannel S>
void Connection<C, S>::flush() {
    auto& output = aside_->output;
    detail::Output::Progress progress;
    while (!output.empty() && !aside_->write_error) {
        detail::Output::Buffers buffers;
        std::array<iovec, std::tuple_size_v<detail::Output::Buffers>> pieces;
        std::size_t count = 0, size = 0;
        for (const auto& buffer : output.gather(buffers)) {
            pieces[count++] = {const_cast<void*>(buffer.data()), buffer.size()};
            size += buffer.size();
        }
        const std::size_t sent = send_some(std::span{pieces}.first(count));
        const auto more = output.sent(sent);
        progress.frame_bytes += aside_->progress.sent(more.frame_bytes);
        progress.frames_done |= more.frames_done;
        if (sent < size) break;
    }
    if (stage_ == Stage::ending) return output.empty() ? half_close() : void();
    if (progress.frame_bytes > 0) server_.events()->on_written(id_, progress.frame_bytes, progress.frames_done);
    tidy();
}

template <Compression C, SecureChannel S>
void Connection<C, S>::on_write_error() {
    note_failure(aside_->write_error, Cause::write_error);
    end_now();
}

}  // namespace kingbolt::transport::native
