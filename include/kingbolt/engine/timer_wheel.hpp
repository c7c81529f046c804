#pragma once
// One timer wheel for all sessions. One level of 512 slots, each a list of ids: scheduling and firing are a push and a
// pop in nearly contiguous memory. What lies beyond the horizon waits in the last slot and is looked at once a turn of the wheel;
// cascading levels would touch every id at once (150 ms at 1,000,000 ids, in a prototype).

#include <kingbolt/core/prefetch.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/block_array.hpp>
#include <kingbolt/engine/id_lists.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace kingbolt::engine {

class TimerWheel {
public:
    using Id = std::uint32_t;
    static constexpr std::size_t slots = 512;

    /// `tick`, above zero, is the resolution: an appointment fires never early, and with the first `advance` a tick or more after
    /// it at the latest. One beyond the horizon of 511 ticks fires there first, and its handler answers with the true time again. One
    /// for which there was no memory when its id fired fires a turn of the wheel later.
    explicit TimerWheel(TimePoint start, Duration tick = std::chrono::milliseconds{100}) : origin_{start}, tick_{tick} {}

    /// Fires `id` at or after `due`. An earlier appointment stands: when it fires, its handler says what comes next.
    void schedule(Id id, TimePoint due) {
        if (due == TimePoint::max()) return;
        const std::uint64_t at = std::clamp(tick_of(due), now_ + 1, now_ + slots - 1);
        armed_.reach(id);
        const bool idle = armed_[id] == none;
        if (!idle && ticks_left(id) <= at - now_) return;
        wheel_.push(at % slots, id);
        armed_[id] = mark(at);
        if (idle) ++scheduled_;
    }

    /// Fires `id` at or after `due`, and not at an earlier appointment; without memory for the new one the earlier one stands.
    void postpone(Id id, TimePoint due) noexcept {
        if (id >= armed_.size()) return;
        const Slot earlier = armed_[id];
        const std::size_t scheduled = scheduled_;
        cancel(id);
        try {
            schedule(id, due);
        } catch (const std::bad_alloc&) {
            armed_[id] = earlier;  // its entry still lies in that slot
            scheduled_ = scheduled;
        }
    }

    /// Forgets `id`. Its entry in a slot is dropped when the wheel comes by.
    void cancel(Id id) noexcept {
        if (id >= armed_.size() || armed_[id] == none) return;
        armed_[id] = none;
        --scheduled_;
    }

    /// Fires everything due by `now`. `on_due(id)` returns when it wants to be called next; max() for never.
    /// It may schedule and cancel. A late call does all the ticks it missed, each slot once.
    /// `prepare(id)` is called a little earlier, for an id that is likely to fire: it may prefetch what `on_due` will touch.
    template <class OnDue, class Prepare>
    void advance(TimePoint now, OnDue&& on_due, Prepare&& prepare) {
        const std::uint64_t target = now < origin_ ? 0 : static_cast<std::uint64_t>((now - origin_) / tick_);
        // After a long sleep every slot is visited at most once: whatever waits in one is past.
        if (target > now_ + slots) now_ = target - slots;
        while (now_ < target) {
            ++now_;
            const Slot mine = mark(now_);
            // With many sessions every id is a cache miss or two, and misses that overlap cost a fraction of their sum.
            wheel_.drain(
                now_ % slots,
                [&](Id id) {
                    prefetch(&armed_[id]);
                    prepare(id);
                },
                [&](Id id) {
                    if (armed_[id] != mine) return true;  // cancelled, or moved since
                    armed_[id] = none;
                    --scheduled_;
                    return schedule_again(id, on_due(id), mine);
                });
        }
    }

    template <class OnDue>
    void advance(TimePoint now, OnDue&& on_due) {
        advance(now, std::forward<OnDue>(on_due), [](Id) {});
    }

    /// Ids that have an appointment.
    std::size_t scheduled() const noexcept { return scheduled_; }
    Duration tick() const noexcept { return tick_; }

private:
    using Slot = std::uint16_t;
    static constexpr Slot none = 0;
    static constexpr Slot mark(std::uint64_t tick_number) noexcept { return static_cast<Slot>(tick_number % slots + 1); }
    /// To its appointment. Whoever waits in the present slot waits for a whole turn.
    std::uint64_t ticks_left(Id id) const noexcept { return (armed_[id] - std::uint64_t{2} - now_) % slots + 1; }

    /// False where there is no memory for that: then its entry has to stay where it is, and fires when the wheel comes by again.
    bool schedule_again(Id id, TimePoint due, Slot present) noexcept {
        try {
            schedule(id, due);
        } catch (const std::bad_alloc&) {
            if (armed_[id] != none) return true;  // its handler has made an appointment, if a later one
            armed_[id] = present;
            ++scheduled_;
            return false;
        }
        return true;
    }

    std::uint64_t tick_of(TimePoint due) const noexcept {
        if (due <= origin_) return 0;
        const Duration ahead_of_origin = due - origin_;
        return static_cast<std::uint64_t>(ahead_of_origin / tick_ + (ahead_of_origin % tick_ != Duration::zero() ? 1 : 0));
    }

    TimePoint origin_;
    Duration tick_;
    std::uint64_t now_ = 0;
    std::size_t scheduled_ = 0;
    IdLists<slots> wheel_;
    // By id: 1 + the slot of its appointment, or none. Appointments lie 1 to 511 ticks ahead, so the slot says which tick it is, and the
    // ids of a million sessions fit the second-level cache.
    BlockArray<Slot> armed_;
};

}  // namespace kingbolt::engine
