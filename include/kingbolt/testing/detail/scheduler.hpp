#pragma once
// Virtual time: a binary heap of what will happen. Nothing is allocated for an event but its place in the heap.

#include <kingbolt/core/time.hpp>
#include <kingbolt/testing/detail/step.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kingbolt::testing::detail {

/// Something that events happen to. It must not die while `scheduled()` is not 0.
class Actor {
public:
    explicit Actor(std::uint32_t number) noexcept : number_{number} {}
    Actor(const Actor&) = delete;
    Actor& operator=(const Actor&) = delete;

    virtual void run(Step step, std::uint32_t argument) = 0;

    /// The peer that it belongs to, for the trace; 0 for the loop itself.
    std::uint32_t number() const noexcept { return number_; }
    std::uint32_t scheduled() const noexcept { return scheduled_; }

protected:
    ~Actor() = default;

private:
    friend class Scheduler;
    std::uint32_t number_;
    std::uint32_t scheduled_ = 0;
};

struct Event {
    TimePoint at{};
    std::uint64_t order = 0;  ///< among events of one instant: the tie first, then the order of scheduling
    Actor* actor = nullptr;
    std::uint32_t argument = 0;
    Step step{};
};

class Scheduler {
public:
    /// O(log n). `tie` 0 keeps the order of scheduling among events of one instant; a random 24-bit tie shuffles them.
    void schedule(TimePoint at, Actor& actor, Step step, std::uint32_t argument = 0, std::uint32_t tie = 0) {
        heap_.push_back({at, (std::uint64_t{tie} << 40U) | next_++, &actor, argument, step});
        std::push_heap(heap_.begin(), heap_.end(), later);
        ++actor.scheduled_;
    }

    bool empty() const noexcept { return heap_.empty(); }
    std::size_t size() const noexcept { return heap_.size(); }
    /// Of the first event; there must be one.
    TimePoint next_at() const noexcept { return heap_.front().at; }

    /// O(log n). Takes the first event; there must be one.
    Event pop() {
        std::pop_heap(heap_.begin(), heap_.end(), later);
        const Event event = heap_.back();
        heap_.pop_back();
        --event.actor->scheduled_;
        return event;
    }

private:
    static bool later(const Event& a, const Event& b) noexcept { return a.at != b.at ? a.at > b.at : a.order > b.order; }

    std::vector<Event> heap_;
    std::uint64_t next_ = 0;
};

}  // namespace kingbolt::testing::detail
