#pragma once
// Appointments with a few sessions, in order of time. For what comes rarely: what every session has belongs into Pulse.

#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>

#include <set>
#include <utility>

namespace kingbolt::engine {

class Agenda {
public:
    /// Throws std::bad_alloc.
    void add(TimePoint at, SessionId session) { entries_.emplace(at, session); }
    void remove(TimePoint at, SessionId session) noexcept { entries_.erase({at, session}); }

    /// Calls `meet(session)` for each whose time has come, after it has been taken out. It may add others.
    template <class Meet>
    void advance(TimePoint now, Meet&& meet) {
        while (!entries_.empty() && entries_.begin()->first <= now) {
            const SessionId session = entries_.begin()->second;
            entries_.erase(entries_.begin());
            meet(session);
        }
    }

    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [at, session] : entries_) visit(session);
    }

private:
    std::set<std::pair<TimePoint, SessionId>> entries_;
};

}  // namespace kingbolt::engine
