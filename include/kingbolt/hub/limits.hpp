#pragma once
// Hub: what a client may ask of it. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace kingbolt {

/// Whether the session goes on although a limit is exceeded.
template <class T, class... P>
bool Hub<T, P...>::goes_on_beyond(Record& session, Limit limit, Admission admission) {
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
    counters_.excesses[static_cast<std::size_t>(limit)][static_cast<std::size_t>(action)].add();
    if (!excesses_[session.id()].reports(now_)) return;
    emit<event::LimitExceeded>([&] { return event::LimitExceeded{session.id(), limit, action, retry_after, now_}; });
}

template <class T, class... P>
void Hub<T, P...>::throttle(Record& session, Duration pause) {
    constexpr Duration longest = std::chrono::minutes{1};  // after it one looks again
    const TimePoint until = now_ + std::clamp(pause, pulse_.tick(), longest);
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
        if (!session.open()) return session.connection.resume_reading();  // its Close is wanted
        engine::Excess& excess = excesses_[session.id()];
        excess.throttled_until = TimePoint::min();
        for (; excess.owed > 0; --excess.owed)
            if (const Admission admission = rate_limit_.admit(session.rate, now_, 1); !admission)
                return throttle(session, admission.retry_after);
        if (const Duration debt = client_limits_.debt(session.more.limits, now_); debt > Duration::zero()) return throttle(session, debt);
        session.connection.resume_reading();
    });
}

/// Whose pongs the hub does not read is not silent. Before liveness is asked.
template <class T, class... P>
void Hub<T, P...>::excuse_throttled() {
    throttles_.for_each([this](SessionId id) { pulse_.on_bytes(id.index); });
}

template <class T, class... P>
void Hub<T, P...>::forget_excess(SessionId session) noexcept {
    const auto found = excesses_.find(session);
    if (found == excesses_.end()) return;
    throttles_.remove(found->second.throttled_until, session);
    excesses_.erase(found);
}

}  // namespace kingbolt
