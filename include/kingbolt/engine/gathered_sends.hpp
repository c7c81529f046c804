#pragma once
// Small messages sent to one session, one after the other: encoded where they will be sent from, so that each costs neither memory nor a
// place in a queue of its own. A client that asks sixteen things at once is answered so.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/message.hpp>
#include <kingbolt/core/session_id.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace kingbolt::engine {

class GatheredSends {
public:
    static constexpr std::size_t most_a_message = 1024;  ///< bytes; copying a larger one twice would cost more than it saves
    static constexpr std::size_t most = 16 * 1024;       ///< bytes in all, with headers

    bool empty() const noexcept { return messages_ == 0; }
    SessionId session() const noexcept { return session_; }
    std::size_t bytes() const noexcept { return bytes_; }
    std::uint32_t messages() const noexcept { return messages_; }

    /// May `message` to `session` join what is here?
    bool takes(SessionId session, const Message& message) const noexcept {
        return message.size() <= most_a_message && (empty() || (session == session_ && bytes_ + message.size() <= most));
    }
    /// Throws std::bad_alloc, and has not changed then.
    void add(SessionId session, const Message& message) {
        if (!wire_) wire_ = std::make_unique_for_overwrite<Wire>();
        std::byte* const end = wire_->data() + bytes_;
        const std::span<std::byte, Frame::max_header_size> header{end, Frame::max_header_size};
        const std::size_t header_size = Frame::write_header(header, message.opcode(), message.size());
        if (message.size() > 0) std::memcpy(end + header_size, message.text().data(), message.size());
        bytes_ += header_size + message.size();
        session_ = session;
        opcode_ = message.opcode();
        ++messages_;
    }
    void forget() noexcept { const Emptied emptied{*this}; }
    /// All of it as one frame; then it is empty, also where that throws std::bad_alloc.
    Frame take() {
        const Emptied emptied{*this};
        const auto wire = std::span<const std::byte>{*wire_}.first(bytes_);
        return messages_ == 1 ? Frame::encode(opcode_, wire.subspan(Frame::read_header(wire).first)) : Frame::run(wire, messages_);
    }

private:
    /// The last message may begin where `most` is reached but for its own size.
    using Wire = std::array<std::byte, most + Frame::max_header_size>;

    struct Emptied {
        GatheredSends& sends;
        ~Emptied() {
            sends.bytes_ = 0;
            sends.messages_ = 0;
        }
    };

    SessionId session_{};
    std::uint32_t messages_ = 0;
    Opcode opcode_{};  // of the last
    std::size_t bytes_ = 0;
    std::unique_ptr<Wire> wire_;  // from the first message on
};

}  // namespace kingbolt::engine
