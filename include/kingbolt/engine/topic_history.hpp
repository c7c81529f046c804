#pragma once
// The latest events of one topic, as the frames that were sent: bounded by count, bytes and age, numbered without a hole.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/ring.hpp>
#include <kingbolt/policy/channel_options.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace kingbolt::engine {

/// Costs 16 bytes per event, its frame apart, and one frame more than the bounds say where the last is retained.
class TopicHistory {
public:
    /// The number of the last event, kept or not.
    std::uint64_t last() const noexcept { return last_; }
    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    /// Empty: there was none, or the topic retains none.
    const Frame& retained() const noexcept { return retained_; }

    /// `frame` bears its number; a hole before it, or no memory for it, ends the past that came before.
    void add(const Frame& frame, TimePoint now, const HistoryOptions& bounds, bool retain) noexcept {
        if (frame.label().sequence != last_ + 1) forget();
        last_ = frame.label().sequence;
        retained_ = retain ? frame : Frame{};
        if (bounds.events == 0) return;
        try {
            entries_.push_back({frame, now});
            bytes_ += frame.wire().size();
        } catch (const std::bad_alloc&) {
            forget();
        }
        while (entries_.size() > bounds.events || bytes_ > bounds.bytes) drop_first();
        expire(now, bounds.age);
    }

    void expire(TimePoint now, Duration age) noexcept {
        while (!entries_.empty() && entries_.front().at + age < now) drop_first();
    }

    /// All that came after number `after` can be had from here.
    bool reaches(std::uint64_t after) const noexcept { return after <= last_ && last_ - after <= entries_.size(); }
    /// Puts what came after `after` behind `out`. Only what it `reaches`. Throws std::bad_alloc.
    void take_after(std::uint64_t after, std::vector<Frame>& out) {
        for (std::size_t i = entries_.size() - static_cast<std::size_t>(last_ - after); i < entries_.size(); ++i)
            out.push_back(entries_[i].frame);
    }

    /// The past; the numbers go on, and what is retained stays.
    void forget() noexcept {
        entries_.clear();
        bytes_ = 0;
    }
    void forget_all() noexcept {
        forget();
        retained_ = {};
    }

private:
    struct Entry {
        Frame frame{};
        TimePoint at{};
    };

    void drop_first() noexcept {
        bytes_ -= entries_.front().frame.wire().size();
        entries_.pop_front();
        if (entries_.empty()) entries_.clear();
    }

    Ring<Entry> entries_;
    Frame retained_;
    std::size_t bytes_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace kingbolt::engine
