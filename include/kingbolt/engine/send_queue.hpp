#pragma once
// What waits to be sent to one peer: data frames within the bounds of an Outbox, and a lane of one ping and one pong that
// data never delays and that cannot grow.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/engine/gathered_sends.hpp>
#include <kingbolt/engine/ring.hpp>
#include <kingbolt/policy/outbox.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

namespace kingbolt::engine {

class SendQueue {
public:
    /// What became of an offered frame.
    enum class Offered : std::uint8_t { queued, dropped, overflow };

    /// Room is made as `when_full` says. `on_drop(const Frame&, bool conflated)` is told of each message that is lost, the
    /// offered one included. `overflow` changes nothing: the caller ends the session. A message larger than the whole
    /// outbox is dropped, never a reason to disconnect: it is not the peer who sent it. A bundle for which there is no room as a
    /// whole is as good as its parts, one after the other.
    template <class OnDrop>
    Offered offer(const Frame& frame, const Outbox& bounds, WhenFull when_full, OnDrop&& on_drop) {
        const std::size_t size = frame.wire().size();
        if (!has_room(frame, bounds)) {
            if (frame.messages() > 1) return offer_each(frame, bounds, when_full, on_drop);
            if (size > bounds.max_bytes) return drop(frame, on_drop);
            if (when_full == WhenFull::disconnect) return Offered::overflow;
            // What is being written cannot be taken back: if that alone leaves no room, nothing else is given up in vain.
            const bool hopeless = in_flight_bytes_ + size > bounds.max_bytes || in_flight_messages_ >= bounds.max_messages;
            if (when_full == WhenFull::drop_newest || hopeless) return drop(frame, on_drop);
            make_room(frame, bounds, when_full, on_drop);
        }
        frames_.push_back(frame);
        queued_bytes_ += size;
        queued_messages_ += frame.messages();
        return Offered::queued;
    }

    /// Nothing else would have to give way to `frame`.
    bool has_room(const Frame& frame, const Outbox& bounds) const noexcept {
        return bytes() + frame.wire().size() <= bounds.max_bytes && messages() + frame.messages() <= bounds.max_messages;
    }
    /// What more would be queued.
    GatheredSends::Room room(const Outbox& bounds) const noexcept {
        return {bounds.max_bytes - std::min(bytes(), bounds.max_bytes), bounds.max_messages - std::min(messages(), bounds.max_messages)};
    }

    /// Nothing waits and nothing is being written, so that `frame` could go out without having been queued, within the bounds.
    bool may_bypass(const Frame& frame, const Outbox& bounds) const noexcept {
        return queued_messages_ == 0 && in_flight_messages_ == 0 && in_flight_control_ == 0 && !ping_ && !pong_ && has_room(frame, bounds);
    }
    /// The transport has `frame`, which bypassed the queue; `written` will tell how much of it has gone.
    void bypassed(const Frame& frame) noexcept {
        in_flight_bytes_ = frame.wire().size();
        in_flight_messages_ = frame.messages();
    }

    /// At most one of each waits: a newer one takes the place of one not yet sent (RFC 6455 §5.5.3 allows it for pongs).
    void set_ping(Frame frame) noexcept { ping_ = std::move(frame); }
    void set_pong(Frame frame) noexcept { pong_ = std::move(frame); }

    /// Moves the next batch to the end of `out`: control frames, then data up to `max_bytes`, at least one frame. Returns its size.
    /// The batch counts against the bounds until `written` has been told of all of it. Throws std::bad_alloc, and then what is in `out`
    /// counts as the batch.
    std::size_t take(std::vector<Frame>& out, std::size_t max_bytes) {
        std::size_t size = 0;
        // A frame changes hands first and is counted then: there may be no memory for it in `out`.
        for (Frame* control : {&pong_, &ping_}) {
            if (!*control) continue;
            const std::size_t bytes = control->wire().size();
            out.push_back(std::move(*control));
            in_flight_control_ += static_cast<std::uint32_t>(bytes);
            size += bytes;
        }
        while (!frames_.empty()) {
            const std::size_t bytes = frames_.front().wire().size();
            if (size != 0 && size + bytes > max_bytes) break;
            out.push_back(std::move(frames_.front()));
            frames_.pop_front();
            queued_bytes_ -= bytes;
            in_flight_bytes_ += bytes;
            queued_messages_ -= out.back().messages();
            in_flight_messages_ += out.back().messages();
            size += bytes;
        }
        return size;
    }

    /// The transport has passed on `bytes` of the batch; `complete` when that was all of it.
    void written(std::size_t bytes, bool complete) noexcept {
        const auto control = static_cast<std::uint32_t>(std::min<std::size_t>(bytes, in_flight_control_));  // they went first
        in_flight_control_ -= control;
        in_flight_bytes_ -= bytes - control;
        if (!complete) return;
        in_flight_bytes_ = 0;
        in_flight_control_ = in_flight_messages_ = 0;
        frames_.shrink_if_empty();
    }

    /// Nothing more will be handed to the transport, and nothing more may be offered: `bytes` and `messages` stay, as a record of what
    /// was not sent.
    void give_up() noexcept {
        frames_.clear();
        ping_ = pong_ = {};
    }

    bool nothing_to_take() const noexcept { return frames_.empty() && !ping_ && !pong_; }
    /// Data only, headers and what is being written included: this is what the bounds are about.
    std::size_t bytes() const noexcept { return queued_bytes_ + in_flight_bytes_; }
    std::size_t messages() const noexcept { return std::size_t{queued_messages_} + in_flight_messages_; }
    std::size_t messages_in_flight() const noexcept { return in_flight_messages_; }

private:
    template <class OnDrop>
    Offered offer_each(const Frame& bundle, const Outbox& bounds, WhenFull when_full, OnDrop& on_drop) {
        auto outcome = Offered::queued;
        bundle.for_each_message([&](const Frame& frame) {
            if (outcome == Offered::overflow) return;
            const Offered one = offer(frame, bounds, when_full, on_drop);
            if (one != Offered::queued) outcome = one;
        });
        return outcome;
    }

    // Room is made message by message. Where there is no memory for that nothing changes.
    void unbundle() {
        if (queued_messages_ == frames_.size()) return;
        Ring<Frame> messages;
        for (std::size_t i = 0; i < frames_.size(); ++i)
            frames_[i].for_each_message([&](const Frame& message) { messages.push_back(message); });
        frames_.swap(messages);
    }

    template <class OnDrop>
    static Offered drop(const Frame& frame, OnDrop& on_drop) {
        on_drop(frame, false);
        return Offered::dropped;
    }

    template <class OnDrop>
    void make_room(const Frame& frame, const Outbox& bounds, WhenFull when_full, OnDrop& on_drop) {
        unbundle();
        std::size_t most = frames_.size();
        if (when_full == WhenFull::conflate) {
            most -= most / 8;  // so that the walk over the whole queue pays for itself
            conflate(frame.label(), on_drop);
        }
        while (!has_room(frame, bounds) || frames_.size() > most) {
            const Frame oldest = frames_.pop_front();
            queued_bytes_ -= oldest.wire().size();
            --queued_messages_;
            on_drop(oldest, false);
        }
    }

    // Of the frames that share topic and key, only the newest stays; the coming one is the newest of its own.
    template <class OnDrop>
    void conflate(const Label& coming, OnDrop& on_drop) {
        std::unordered_set<Subject, SubjectHash> newer{subject_of(coming)};
        std::vector<bool> superseded(frames_.size());
        for (std::size_t i = frames_.size(); i-- > 0;) superseded[i] = !newer.insert(subject_of(frames_[i].label())).second;
        frames_.filter([&](const Frame& frame, std::size_t i) {
            if (!superseded[i] || frame.label().topic == Label::no_topic) return true;
            on_drop(frame, true);  // may throw: then it stays, and is still counted
            queued_bytes_ -= frame.wire().size();
            --queued_messages_;
            return false;
        });
    }

    // Keys are unique within a topic only.
    struct Subject {
        TopicId topic;
        std::uint64_t key;
        bool operator==(const Subject&) const = default;
    };
    struct SubjectHash {
        std::size_t operator()(const Subject& subject) const noexcept {
            return std::hash<std::uint64_t>{}(subject.key ^ (subject.topic * 0x9E3779B97F4A7C15ULL));
        }
    };
    static Subject subject_of(const Label& label) noexcept { return {label.topic, label.key}; }

    Ring<Frame> frames_;
    Frame ping_, pong_;
    std::size_t queued_bytes_ = 0;
    std::size_t in_flight_bytes_ = 0;  // of data
    std::uint32_t queued_messages_ = 0;
    std::uint32_t in_flight_messages_ = 0;
    std::uint32_t in_flight_control_ = 0;  // bytes of control frames, of which two are in flight at most
};

}  // namespace kingbolt::engine
