#pragma once
// Small messages sent to one session, one after the other: encoded where they will be sent from, so that each costs neither memory nor a
// place in a queue of its own. A client that asks sixteen things at once is answered so.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/message.hpp>
#include <kingbolt/core/session_id.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace kingbolt::engine {

class GatheredSends {
public:
    static constexpr std::size_t most_a_message = 1024;  ///< bytes; copying a larger one twice would cost more than it saves
    static constexpr std::size_t most = 16 * 1024;       ///< bytes in all, with headers

    /// What the session's queue may still take.
    struct Room {
        std::size_t bytes = 0, messages = 0;
    };

    bool empty() const noexcept { return messages_ == 0; }
    SessionId session() const noexcept { return session_; }
    std::size_t bytes() const noexcept { return bytes_; }
    std::uint32_t messages() const noexcept { return messages_; }

    /// From now on it is `session`'s. Only when empty. Throws std::bad_alloc, and has not changed then.
    void begin(SessionId session, Room room) {
        // The last message may begin where `most` is reached but for its own size.
        if (!draft_.is_free()) draft_ = Frame::Draft{most + Frame::max_header_size};
        session_ = session;
        most_bytes_ = std::min(room.bytes, most + Frame::max_header_size);
        most_messages_ = room.messages;
    }
    /// May `message` to `session` join what is here? Not before `begin`, and not after what was here has been taken.
    bool takes(SessionId session, Message message) const noexcept {
        return session == session_ && message.size() <= most_a_message && bytes_ + Frame::max_header_size + message.size() <= most_bytes_ &&
               messages_ < most_messages_;
    }
    /// One that it takes.
    void add(Message message) noexcept {
        std::byte* const end = draft_.bytes() + bytes_;
        const std::span<std::byte, Frame::max_header_size> header{end, Frame::max_header_size};
        const std::size_t header_size = Frame::write_header(header, message.opcode(), message.size());
        // Not memcpy, which a compiler that knows how little it is writes out as a slow instruction. An empty message may have no address.
        if (!message.text().empty()) std::memmove(end + header_size, message.text().data(), message.size());
        bytes_ += header_size + message.size();
        ++messages_;
    }
    void forget() noexcept {
        session_ = {};
        bytes_ = messages_ = 0;
    }
    /// All of it as one frame, and then it is empty. Whoever keeps that longer than for the next call keeps the memory of the largest:
    /// `Frame::compact` gives it its own.
    Frame take() noexcept {
        const std::size_t bytes = bytes_;
        const std::uint32_t messages = messages_;
        forget();
        return draft_.frame(bytes, messages);
    }

private:
    SessionId session_{};
    std::uint32_t messages_ = 0;
    std::size_t bytes_ = 0;
    std::size_t most_bytes_ = 0, most_messages_ = 0;
    Frame::Draft draft_;
};

}  // namespace kingbolt::engine
