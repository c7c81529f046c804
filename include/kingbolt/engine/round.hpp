#pragma once
// Publications to one topic that nothing has come in between: their receivers are the same, so they can go out as one.

#include <kingbolt/core/frame.hpp>

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace kingbolt::engine {

class Round {
public:
    bool empty() const noexcept { return next_ == frames_.size(); }
    /// Not when empty.
    TopicId topic() const noexcept { return topic_; }
    bool is_for(TopicId topic) const noexcept { return !empty() && topic_ == topic; }
    /// With headers.
    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t messages() const noexcept { return frames_.size() - next_; }

    /// After this the next `add` cannot fail, whatever is taken before it. Throws std::bad_alloc.
    void reserve_one() {
        // What a usual turn needs is kept.
        if (frames_.empty() && frames_.capacity() > 1024) std::vector<Frame>{}.swap(frames_);
        if (frames_.size() == frames_.capacity()) frames_.reserve(frames_.empty() ? 32 : frames_.size() * 2);
    }
    /// `topic` must be that of the round, unless it is empty.
    void add(TopicId topic, Frame frame) noexcept {
        topic_ = topic;
        bytes_ += frame.wire().size();
        frames_.push_back(std::move(frame));
    }

    /// The next that is to go out: all messages as one or, where there is no memory for that, the next of them alone. Empty at the
    /// end.
    Frame take() noexcept {
        if (empty()) {
            clear();
            return {};
        }
        if (next_ == 0) {
            try {
                Frame all = Frame::bundle(frames_);
                clear();
                return all;
            } catch (const std::bad_alloc&) {
                return std::move(frames_[next_++]);
            }
        }
        return std::move(frames_[next_++]);
    }

private:
    void clear() noexcept {
        frames_.clear();
        next_ = bytes_ = 0;
    }

    std::vector<Frame> frames_;
    std::size_t next_ = 0;  // taken already, one by one
    std::size_t bytes_ = 0;
    TopicId topic_ = Label::no_topic;
};

}  // namespace kingbolt::engine
