#pragma once
// Small messages sent to one session, one after the other: encoded where they will be sent from, so that each costs neither memory nor a
// place in a queue of its own. A client that asks sixteen things at once is answered so.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/message.hpp>
#include <kingbolt/core/session_id.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kingbolt::engine {

class GatheredSends {
public:
    static constexpr std::size_t most_a_message = 1024;  ///< bytes; copying a larger one twice would cost more than it saves
    static constexpr std::size_t most = 16 * 1024;       ///< bytes in all, with headers

    bool empty() const noexcept { return messages_ == 0; }
    SessionId session() const noexcept { return session_; }
    std::size_t bytes() const noexcept { return wire_.size(); }
    std::uint32_t messages() const noexcept { return messages_; }

    /// May `message` to `session` join what is here?
    bool takes(SessionId session, const Message& message) const noexcept {
        return message.size() <= most_a_message && (empty() || (session == session_ && wire_.size() + message.size() <= most));
    }
    /// Throws std::bad_alloc, and has not changed then.
    void add(SessionId session, const Message& message) {
        std::array<std::byte, Frame::max_header_size> header{};
        const std::size_t header_size = Frame::write_header(header, message.opcode(), message.size());
        if (wire_.capacity() - wire_.size() < header_size + message.size()) wire_.reserve(2 * most);
        wire_.insert(wire_.end(), header.begin(), header.begin() + static_cast<std::ptrdiff_t>(header_size));
        wire_.insert(wire_.end(), message.bytes().begin(), message.bytes().end());
        session_ = session;
        opcode_ = message.opcode();
        ++messages_;
    }
    void forget() noexcept { const Emptied emptied{*this}; }
    /// All of it as one frame; then it is empty, also where that throws std::bad_alloc.
    Frame take() {
        const Emptied emptied{*this};
        const std::span<const std::byte> wire{wire_};
        return messages_ == 1 ? Frame::encode(opcode_, wire.subspan(Frame::read_header(wire).first)) : Frame::run(wire, messages_);
    }

private:
    struct Emptied {
        GatheredSends& sends;
        ~Emptied() {
            sends.wire_.clear();
            sends.messages_ = 0;
        }
    };

    SessionId session_{};
    std::uint32_t messages_ = 0;
    Opcode opcode_{};  // of the last
    std::vector<std::byte> wire_;
};

}  // namespace kingbolt::engine
