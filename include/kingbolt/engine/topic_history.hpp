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

/// Costs 16 bytes per event, its frame apart, one frame more than the bounds say where the last is retained, and the bytes once more while
/// somebody has asked for the past and no event has come since.
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
        bundle_ = {};
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
    /// What came after `after`, as one bundle, and not when nothing did. Only what it `reaches`. After a restart of the network many ask
    /// for the same: until the next event they share it. Throws std::bad_alloc.
    Frame bundle_after(std::uint64_t after) {
        if (!bundle_ || bundled_after_ != after) {
            std::vector<Frame> missed;
            for (std::size_t i = entries_.size() - static_cast<std::size_t>(last_ - after); i < entries_.size(); ++i)
                missed.push_back(entries_[i].frame);
            bundle_ = Frame::bundle(missed);
            bundled_after_ = after;
        }
        return bundle_;
    }

    /// The past; the numbers go on, and what is retained stays.
    void forget() noexcept {
        entries_.clear();
        bundle_ = {};
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
        bundle_ = {};
        bytes_ -= entries_.front().frame.wire().size();
        entries_.pop_front();
        if (entries_.empty()) entries_.clear();
    }

    Ring<Entry> entries_;
    Frame retained_;
    Frame bundle_;  ///< of all after `bundled_after_`
    std::uint64_t bundled_after_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace kingbolt::engine
