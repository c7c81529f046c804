#pragma once
// native::Connection: between the socket and the bytes, where the channel encrypts. Included by transport/native.hpp.

#include <kingbolt/transport/native/server.hpp>

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

namespace kingbolt::transport::native {

/// A record at a time, and what has come is dealt with before the next is looked at: behind it there may be an end. After a few it is the
/// others' turn, whether they were data or not.
template <Compression C, SecureChannel S>
void Connection<C, S>::read_secure() {
    static constexpr int records_a_turn = 4;
    using Status = ChannelResult::Status;
    unread_ = false;
    for (int i = 0; i < records_a_turn; ++i) {
        const auto buffer = server_.read_buffer();
        const ChannelResult result = server_.channel().receive(channel_, buffer);
        if (result.status == Status::again) continue;
        if (result.status == Status::blocked) return;
        if (result.status == Status::ended) return on_end_of_stream();
        if (result.status == Status::failed) return on_channel_failure(result.error);
        take_read(buffer.first(result.bytes));
        if (stage_ >= Stage::ending) return;
        if (paused_ || waits_for_hub()) break;
    }
    unread_ = true;
    if (!paused_ && !waits_for_hub()) server_.call_soon(*this);
}

/// The channel has sent an alert that says why. A socket closed with unread bytes could destroy it.
template <Compression C, SecureChannel S>
void Connection<C, S>::on_channel_failure(std::error_code error) {
    if (error.category() == std::system_category()) return on_read_error(error);
    note_failure(error, Cause::read_error);
    aside().output = {};
    end_gracefully();
}

/// Small pieces share a record (16 KiB, RFC 8446 §5.1); what fills one alone is not copied.
template <Compression C, SecureChannel S>
std::size_t Connection<C, S>::send_secure(std::span<const iovec> pieces) {
    if (pieces.size() == 1) return send_through_channel({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
    const auto buffer = server_.write_buffer();
    std::size_t taken = 0, gathered = 0;
    const auto send_gathered = [&] {
        const std::size_t sent = send_through_channel(buffer.first(gathered));
        taken += sent;
        return sent == std::exchange(gathered, 0);
    };
    for (const iovec& piece : pieces) {
        std::span<const char> rest{static_cast<const char*>(piece.iov_base), piece.iov_len};
        while (!rest.empty()) {
            if (gathered == 0 && rest.size() >= buffer.size()) {
                const std::size_t sent = send_through_channel(rest);
                taken += sent;
                if (sent < rest.size()) return taken;
                break;
            }
            const std::size_t more = std::min(rest.size(), buffer.size() - gathered);
            std::copy_n(rest.data(), more, buffer.data() + gathered);
            rest = rest.subspan(more);
            gathered += more;
            if (gathered == buffer.size() && !send_gathered()) return taken;
        }
    }
    if (gathered > 0) send_gathered();
    return taken;
}

template <Compression C, SecureChannel S>
std::size_t Connection<C, S>::send_through_channel(std::span<const char> bytes) {
    const ChannelResult result = server_.channel().send(channel_, bytes);
    if (result.status == ChannelResult::Status::failed) {
        aside().write_error = result.error;
        server_.call_soon(*this);
    }
    return result.bytes;
}

}  // namespace kingbolt::transport::native
