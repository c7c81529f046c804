#pragma once
// Hub: what a client may ask of it, and what all of them together may. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace kingbolt {

/// Whether the session goes on.
template <class T, class... P>
bool Hub<T, P...>::is_within(Record& session, Limit limit, const Admission& admission) {
    if (admission) return true;
    const OnExcess action = client_limits_.action();
    report_excess(session, limit, action, admission.retry_after);
    if (action == OnExcess::close) {
        decide(session, Cause::rate_limited, std::min<Duration>(admission.retry_after, std::chrono::hours{24}));
        return false;
    }
    if (action == OnExcess::throttle) {
        if (limit == Limit::messages) ++excesses_[session.id()].owed;
        throttle(session, admission.retry_after);
    }
    return session.open();
}

template <class T, class... P>
void Hub<T, P...>::report_excess(Record& session, Limit limit, OnExcess action, Duration retry_after) {
    counters_.limits_exceeded.add();
    if (!excesses_[session.id()].reports(now_)) return;
    emit<event::LimitExceeded>([&] { return event::LimitExceeded{session.id(), limit, action, retry_after, now_}; });
}

template <class T, class... P>
void Hub<T, P...>::throttle(Record& session, Duration pause) {
    constexpr Duration longest = std::chrono::minutes{1};  // after it one looks again
    const TimePoint until = now_ + std::min(pause, longest);
    TimePoint& throttled_until = excesses_[session.id()].throttled_until;
    if (until <= throttled_until) return;
    throttles_.add(until, session.id());
    throttles_.remove(std::exchange(throttled_until, until), session.id());
    session.connection.pause_reading();
}

template <class T, class... P>
void Hub<T, P...>::on_throttle_over(SessionId id) {
    Record* const found = sessions_.find(id);
    if (found == nullptr) return;
    for_one(*found, [this](Record& session) {
        engine::Excess& excess = excesses_[session.id()];
        excess.throttled_until = TimePoint::min();
        for (; excess.owed > 0; --excess.owed)
            if (const Admission admission = rate_limit_.admit(session.rate, now_, 1); !admission)
                return throttle(session, admission.retry_after);
        session.connection.resume_reading();
    });
}

template <class T, class... P>
void Hub<T, P...>::forget_excess(SessionId session) noexcept {
    const auto found = excesses_.find(session);
    if (found == excesses_.end()) return;
    throttles_.remove(found->second.throttled_until, session);
    excesses_.erase(found);
}

// Memory.

/// What waits for clients, and what has come of them and is not whole yet.
template <class T, class... P>
std::size_t Hub<T, P...>::memory_in_use() const noexcept {
    return queued_bytes_ + transport_.held_bytes();
}

/// Messages give way, rather than sessions.
template <class T, class... P>
bool Hub<T, P...>::sheds() const noexcept {
    if constexpr (Chosen::has_budget)
        return memory_in_use() > memory_.shed_bytes();
    else
        return false;
}

template <class T, class... P>
const Outbox& Hub<T, P...>::outbox() const noexcept {
    return sheds() ? tight_outbox_ : outbox_;
}

/// What gives way, where `wanted` is what the topic or the hub says.
template <class T, class... P>
WhenFull Hub<T, P...>::giving_way(WhenFull wanted) const noexcept {
    return sheds() ? WhenFull::conflate : wanted;
}

/// Does something to a queue, and keeps count of what all queues hold.
template <class T, class... P>
template <class Work>
decltype(auto) Hub<T, P...>::counted(Record& session, Work&& work) {
    if constexpr (Chosen::has_budget) {
        struct Difference {
            std::size_t& total;
            const Record& session;
            std::size_t before = session.queue.bytes();
            ~Difference() {
                if (session.stage != Stage::closing) total += session.queue.bytes() - before;  // modulo 2^64, so that it may shrink
            }
        } const difference{queued_bytes_, session};
        return work();
    } else {
        return work();
    }
}

/// The queue of a session that closes is given up.
template <class T, class... P>
void Hub<T, P...>::forget_queue(const Record& session) noexcept {
    if constexpr (Chosen::has_budget)
        if (session.stage != Stage::closing) queued_bytes_ -= session.queue.bytes();
}

template <class T, class... P>
void Hub<T, P...>::watch_memory() {
    if constexpr (Chosen::has_budget) {
        counters_.queued_bytes.set(queued_bytes_);
        counters_.held_bytes.set(transport_.held_bytes());
        const std::size_t bytes = memory_in_use();
        const bool is_short = bytes > memory_.shed_bytes();
        if (std::exchange(memory_is_short_, is_short) != is_short)
            emit<event::MemoryPressure>([&] { return event::MemoryPressure{bytes, memory_.max_bytes, is_short, now_}; });
        if (bytes > memory_.evict_bytes()) evict_worst(bytes - memory_.shed_bytes());
    }
}

/// Those who take up most, until that much is free.
template <class T, class... P>
void Hub<T, P...>::evict_worst(std::size_t excess) {
    std::vector<std::pair<std::size_t, SessionId>> users;
    sessions_.for_each([&users](Record& session) {
        if (session.stage == Stage::closing) return;
        const std::size_t bytes = session.queue.bytes() + session.connection.held_bytes();
        if (bytes > 0) users.emplace_back(bytes, session.id());
    });
    std::ranges::sort(users, std::ranges::greater{});
    std::size_t freed = 0;
    for (const auto& [bytes, id] : users) {
        if (freed >= excess) return;
        freed += bytes;
        if (Record* found = sessions_.find(id))
            for_one(*found, [this](Record& session) { decide(session, Cause::hub_overloaded, jitter()); });
    }
}

}  // namespace kingbolt
