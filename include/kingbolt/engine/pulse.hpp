#pragma once
// Everything about a session that depends on time, for all sessions together: liveness, and the one deadline that a
// handshake or a close has. The states lie side by side, apart from the sessions, because a tick visits thousands of them.

#include <kingbolt/concepts/liveness.hpp>
#include <kingbolt/core/prefetch.hpp>
#include <kingbolt/engine/block_array.hpp>
#include <kingbolt/engine/timer_wheel.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace kingbolt::engine {

template <Liveness Policy>
class Pulse {
public:
    using Id = TimerWheel::Id;

    /// A lap of the loop that took this much longer than a tick is a stall: it is nobody's fault but ours.
    static constexpr Duration stall = std::chrono::seconds{1};

    Pulse(const Policy& policy, TimePoint now)
        : policy_{policy}, wheel_{now}, last_tick_{TimePoint::min()}, loop_resumed_{TimePoint::min()} {}

    /// The session exists and has until `deadline` for its handshake. Liveness is not asked yet.
    void add(Id id, TimePoint deadline) {
        entries_.reach(id);
        entries_[id] = Entry{};
        set_deadline(id, deadline);
    }

    /// The session has opened: no deadline, and liveness begins.
    void open(Id id, TimePoint now, std::uint64_t random) {
        entries_[id].deadline = TimePoint::max();
        entries_[id].watched = true;
        policy_.start(entries_[id].state, now, random);
        wheel_.schedule(id, policy_.due(entries_[id].state));
    }

    /// The session is closing: only the deadline counts from here on.
    void close(Id id, TimePoint deadline) {
        entries_[id].watched = false;
        set_deadline(id, deadline);
    }

    /// The session's deadline, if it is later than `latest` or there is none, becomes `latest`.
    void hasten(Id id, TimePoint latest) {
        if (latest < entries_[id].deadline) set_deadline(id, latest);
    }

    void remove(Id id) noexcept {
        entries_[id] = Entry{};
        wheel_.cancel(id);
    }

    void on_bytes(Id id) noexcept { policy_.on_bytes(entries_[id].state); }
    std::optional<Duration> on_pong(Id id, std::string_view payload, TimePoint now) noexcept {
        const auto rtt = policy_.on_pong(entries_[id].state, payload, now);
        // An answered ping has nothing left to wait for: its session is not visited for that again.
        if (rtt) wheel_.postpone(id, due(entries_[id]));
        return rtt;
    }
    void on_write_waiting(Id id, TimePoint now) noexcept { policy_.on_write_waiting(entries_[id].state, now); }
    void on_write_moved(Id id, TimePoint now, bool waiting) noexcept { policy_.on_write_moved(entries_[id].state, now, waiting); }

    auto ping_payload(Id id) const noexcept { return policy_.ping_payload(entries_[id].state); }
    std::uint32_t ping_sequence(Id id) const noexcept { return policy_.ping_sequence(entries_[id].state); }

    /// How late this tick is, against one tick after the last; the first is on time, whenever the loop begins to run.
    /// Call once per tick, before `advance`.
    Duration note_tick(TimePoint now) noexcept {
        const Duration lag = last_tick_ == TimePoint::min() ? Duration::zero() : now - last_tick_ - wheel_.tick();
        last_tick_ = now;
        if (lag > stall) loop_resumed_ = now;
        return lag > Duration::zero() ? lag : Duration::zero();
    }

    /// Fires what is due: `on_step(id, LivenessStep)` and `on_deadline(id)`. Both may call back into this object.
    template <class OnStep, class OnDeadline>
    void advance(TimePoint now, OnStep&& on_step, OnDeadline&& on_deadline) {
        const auto fire = [&](Id id) {
            if (now >= entries_[id].deadline) {
                // What the peer did in time may still be waiting in our own kernel: after a stall it has a second more, once.
                const bool reprieve = now < loop_resumed_ + stall && !std::exchange(entries_[id].reprieved, true);
                entries_[id].deadline = reprieve ? loop_resumed_ + stall : TimePoint::max();
                if (!reprieve) on_deadline(id);
            } else if (entries_[id].watched && now >= policy_.due(entries_[id].state)) {
                const LivenessStep step = policy_.on_due(entries_[id].state, now, loop_resumed_);
                if (step.send_ping || step.missed || step.give_up) on_step(id, step);
            }
            return due(entries_[id]);
        };
        wheel_.advance(now, fire, [this](Id id) { prefetch(&entries_[id]); });
    }

    Duration tick() const noexcept { return wheel_.tick(); }
    /// What one session costs here, its entries in the wheel apart.
    static constexpr std::size_t entry_size() noexcept { return sizeof(Entry); }
    /// Sessions with an appointment; 0 when no session is left.
    std::size_t scheduled() const noexcept { return wheel_.scheduled(); }

private:
    // With KeepAlive exactly one cache line: the flags lie in the padding of the state. Small states are packed.
    static constexpr std::size_t alignment = sizeof(typename Policy::State) > 32 ? 64 : alignof(TimePoint);
    struct alignas(alignment) Entry {
        [[no_unique_address]] typename Policy::State state{};
        bool watched = false;
        bool reprieved = false;
        TimePoint deadline = TimePoint::max();
    };

    void set_deadline(Id id, TimePoint deadline) {
        entries_[id].deadline = deadline;
        entries_[id].reprieved = false;
        wheel_.schedule(id, deadline);
    }

    TimePoint due(const Entry& entry) const noexcept {
        const TimePoint liveness = entry.watched ? policy_.due(entry.state) : TimePoint::max();
        return liveness < entry.deadline ? liveness : entry.deadline;
    }

    [[no_unique_address]] Policy policy_;
    TimerWheel wheel_;
    TimePoint last_tick_;
    TimePoint loop_resumed_;
    BlockArray<Entry> entries_;
};

}  // namespace kingbolt::engine
