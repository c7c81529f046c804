#pragma once
// One direction of a TCP connection: a bounded send buffer, a wire with latency, a bounded receive buffer whose free space is
// the window. Bytes stay where they are in one queue; what moves is the borders between unread, in flight and unsent.

#include <kingbolt/core/time.hpp>
#include <kingbolt/testing/detail/fifo.hpp>
#include <kingbolt/testing/detail/world.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kingbolt::testing::detail {

/// The end that hears of arrivals.
class PipeReader {
public:
    virtual void on_readable() = 0;

protected:
    ~PipeReader() = default;
};

/// The end that hears of new room.
class PipeWriter {
public:
    virtual void on_writable() = 0;

protected:
    ~PipeWriter() = default;
};

class Pipe final : public Actor {
public:
    struct Limits {
        Duration latency{};
        Duration jitter{};
        std::size_t send_buffer = 0;
        std::size_t receive_buffer = 0;
    };

    /// `arrival` names its events in the trace. `writer` may be null.
    Pipe(World& world, std::uint32_t number, Step arrival, Limits limits, PipeReader& reader, PipeWriter* writer)
        : Actor{number}, world_{world}, reader_{reader}, writer_{writer}, limits_{limits}, arrival_{arrival} {}

    // The sender's end.

    std::size_t room() const noexcept {
        return fin_wanted_ || broken_ ? 0 : limits_.send_buffer - std::min(limits_.send_buffer, unacknowledged());
    }
    /// Takes what there is room for and says how much that was.
    std::size_t send(std::span<const std::byte> bytes) {
        const std::size_t n = std::min(bytes.size(), room());
        if (n == 0) return 0;
        if (unacknowledged() == 0) oldest_sent_ = world_.now;
        bytes_.append(bytes.first(n));
        unsent_ += n;
        transmit();
        return n;
    }
    /// `on_writable`, once, when there is room again.
    void call_when_there_is_room() noexcept { short_of_room_ = true; }
    /// FIN, behind all that was sent.
    void finish() {
        if (fin_wanted_ || broken_) return;
        if (cut_) return forget();
        fin_wanted_ = true;
        transmit();
    }
    /// RST: what has not left yet never will.
    void reset() {
        if (broken_) return;
        if (cut_) return forget();
        bytes_.drop_back(unsent_);
        unsent_ = 0;
        broken_ = true;
        put_on_wire({.end = End::reset});
    }
    /// Sent, or waiting to be sent, and not acknowledged by the other kernel.
    std::size_t unacknowledged() const noexcept { return in_flight_ + unsent_; }
    std::size_t in_flight() const noexcept { return in_flight_; }
    /// Since the other kernel last acknowledged anything, or since the first byte that it should acknowledge.
    TimePoint last_acknowledged() const noexcept { return last_acknowledged_; }
    TimePoint oldest_sent() const noexcept { return oldest_sent_; }

    // The receiver's end.

    std::span<const std::byte> unread() const noexcept { return bytes_.view().first(unread_); }
    void consume(std::size_t n) {
        bytes_.pop(n);
        unread_ -= n;
        if (!cut_) transmit();
    }
    /// The FIN has arrived and all before it has been read.
    bool finished() const noexcept { return fin_arrived_ && unread_ == 0; }
    bool was_reset() const noexcept { return reset_arrived_; }
    /// Nobody reads any more: what is there and what will arrive is thrown away.
    void abandon() {
        abandoned_ = true;
        if (unread_ > 0) consume(unread_);
    }

    // The cable.

    /// From now on nothing arrives. The sender does not learn of it: its buffer fills.
    void cut() noexcept { cut_ = true; }
    /// The kernels let go of everything.
    void forget() {
        bytes_.clear();
        segments_.clear();
        unread_ = in_flight_ = unsent_ = 0;
        broken_ = true;
    }

    void run(Step, std::uint32_t) override {
        scheduled_ = false;
        if (cut_ || segments_.empty()) return;
        while (!segments_.empty() && segments_.front().at <= world_.now) arrive(segments_.front());
        schedule_first();
        if (abandoned_ && unread_ > 0) consume(unread_);
        if (short_of_room_ && writer_ != nullptr && room() > 0) {
            short_of_room_ = false;
            writer_->on_writable();
        }
        reader_.on_readable();
    }

private:
    enum class End : std::uint8_t { none, fin, reset };
    struct Segment {
        TimePoint at{};
        std::size_t bytes = 0;
        End end = End::none;
    };

    void arrive(const Segment& segment) {
        in_flight_ -= segment.bytes;
        unread_ += segment.bytes;
        fin_arrived_ = fin_arrived_ || segment.end == End::fin;
        reset_arrived_ = reset_arrived_ || segment.end == End::reset;
        last_acknowledged_ = oldest_sent_ = world_.now;
        segments_.pop();
    }

    void transmit() {
        const std::size_t window = limits_.receive_buffer - std::min(limits_.receive_buffer, unread_ + in_flight_);
        const std::size_t n = std::min(unsent_, window);
        if (n > 0) {
            unsent_ -= n;
            in_flight_ += n;
            put_on_wire({.bytes = n});
        }
        if (fin_wanted_ && !fin_sent_ && unsent_ == 0) {
            fin_sent_ = true;
            put_on_wire({.end = End::fin});
        }
    }

    // Jitter never reorders: TCP hands bytes over in order.
    void put_on_wire(Segment segment) {
        segment.at = world_.now + limits_.latency + world_.random.up_to(limits_.jitter);
        if (!segments_.empty()) segment.at = std::max(segment.at, segments_.back().at);
        if (!segments_.empty() && segments_.back().at == segment.at && segments_.back().end == End::none && segment.end == End::none) {
            segments_.back().bytes += segment.bytes;
        } else {
            segments_.push(segment);
        }
        schedule_first();
    }

    void schedule_first() {
        if (scheduled_ || segments_.empty()) return;
        scheduled_ = true;
        world_.happen(segments_.front().at - world_.now, *this, arrival_);
    }

    World& world_;
    PipeReader& reader_;
    PipeWriter* writer_;
    Limits limits_;
    Fifo<std::byte> bytes_;  // unread, then in flight, then unsent
    std::size_t unread_ = 0, in_flight_ = 0, unsent_ = 0;
    Fifo<Segment> segments_;
    TimePoint last_acknowledged_ = world_.now, oldest_sent_ = world_.now;
    Step arrival_;
    bool scheduled_ = false, short_of_room_ = false;
    bool fin_wanted_ = false, fin_sent_ = false, fin_arrived_ = false;
    bool reset_arrived_ = false, broken_ = false, abandoned_ = false, cut_ = false;
};

}  // namespace kingbolt::testing::detail
