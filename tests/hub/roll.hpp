#pragma once
// An observer that knows every session by its remote address, and how it ended.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/event.hpp>

#include <map>
#include <optional>
#include <string>

namespace kingbolt::test {

class Roll {
public:
    using slot = kingbolt::slot::observer;

    void operator()(const event::Accepted& e) { ids_[e.remote] = e.session; }
    void operator()(const event::Closed& e) { ends_.insert_or_assign(e.session, e); }

    /// The last session from there; null when there was none.
    SessionId id_of(const std::string& remote) const {
        const auto found = ids_.find(remote);
        return found == ids_.end() ? SessionId{} : found->second;
    }
    std::optional<event::Closed> end_of(SessionId session) const {
        const auto found = ends_.find(session);
        return found == ends_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    std::map<std::string, SessionId> ids_;
    std::map<SessionId, event::Closed> ends_;
};

}  // namespace kingbolt::test
