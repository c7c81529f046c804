#pragma once
// Bytes on their way out: the hub's frames, by reference, and what the transport has to say itself, which is the answer to the handshake
// in front of them, or a Close behind.

#include <kingbolt/core/frame.hpp>

#include <asio/buffer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::transport::detail {

class Output {
public:
    /// What a number of bytes sent came to.
    struct Progress {
        std::size_t frame_bytes = 0;
        bool frames_done = false;   ///< the last of the frames has gone
        bool control_done = false;  ///< the control bytes have gone
    };

    /// As many buffers as one system call is given.
    using Buffers = std::array<asio::const_buffer, 64>;

    void push(std::span<const Frame> frames) {
        for (const Frame& frame : frames) frames_.push_back(frame.compact());
        // What was said before goes before. Behind a Close no frames come.
        if (!control_.empty()) head_ = std::exchange(control_, {});
    }
    void push_control(std::string_view bytes) { control_.append(bytes); }

    bool empty() const noexcept { return next_ == frames_.size() && control_.empty() && head_.empty(); }

    /// Fills `buffers` from the front with what is to be sent next, in order.
    std::span<const asio::const_buffer> gather(Buffers& buffers) const {
        std::size_t used = 0;
        if (!head_.empty()) buffers[used++] = asio::buffer(head_);
        for (std::size_t i = next_; i < frames_.size() && used < buffers.size(); ++i) {
            const auto bytes = frames_[i].wire();
            buffers[used++] = asio::buffer(bytes.data(), bytes.size());
        }
        if (used < buffers.size() && !control_.empty()) buffers[used++] = asio::buffer(control_);
        if (used > 0) buffers[0] += offset_;
        return std::span{buffers}.first(used);
    }

    /// Counts `bytes` of what `gather` gave as sent.
    Progress sent(std::size_t bytes) {
        Progress progress;
        if (!head_.empty() && !sent_of(head_, bytes)) return progress;
        while (next_ < frames_.size()) {
            const std::size_t left = frames_[next_].wire().size() - offset_;
            const std::size_t taken = std::min(left, bytes);
            progress.frame_bytes += taken;
            bytes -= taken;
            offset_ += taken;
            if (taken < left) return progress;
            offset_ = 0;
            if (++next_ == frames_.size()) progress.frames_done = true;
        }
        if (progress.frames_done) forget_frames();
        progress.control_done = !control_.empty() && sent_of(control_, bytes);
        return progress;
    }

private:
    // Takes `bytes` off; true when that was the rest of it.
    bool sent_of(std::string& text, std::size_t& bytes) {
        const std::size_t taken = std::min(text.size() - offset_, bytes);
        bytes -= taken;
        offset_ += taken;
        if (offset_ < text.size()) return false;
        text = {};
        offset_ = 0;
        return true;
    }

    // A few entries are kept for the next batch; what a large batch needed is given back.
    void forget_frames() {
        next_ = 0;
        if (frames_.capacity() > 16) {
            frames_ = {};
        } else {
            frames_.clear();
        }
    }

    std::string head_;  // in front of the frames
    std::vector<Frame> frames_;
    std::string control_;     // behind them
    std::size_t next_ = 0;    // of frames_
    std::size_t offset_ = 0;  // into the first unsent piece
};

}  // namespace kingbolt::transport::detail
