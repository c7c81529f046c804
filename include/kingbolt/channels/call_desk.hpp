#pragma once
// The calls of all clients that have no answer yet: how many each has, and until when.

#include <kingbolt/channels/call.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <utility>
#include <vector>

namespace kingbolt::detail {

class CallDesk {
public:
    std::size_t calls_of(SessionId session) const {
        const auto found = calls_.find(session);
        return found != calls_.end() ? found->second.size() : 0;
    }
    bool has(SessionId session, std::uint64_t id) const {
        const auto found = calls_.find(session);
        return found != calls_.end() && found->second.contains(id);
    }

    std::shared_ptr<PendingCall> open(SessionId session, std::uint64_t id, TimePoint deadline, PendingCall::Outlet outlet) {
        auto call = std::make_shared<PendingCall>();
        call->outlet = std::move(outlet);
        call->deadline = deadline;
        deadlines_.insert({deadline, session, id});
        calls_[session].emplace(id, call);
        return call;
    }

    /// Takes a call that is over off the list.
    void close(SessionId session, std::uint64_t id) {
        const auto of = calls_.find(session);
        if (of == calls_.end()) return;
        const auto call = of->second.find(id);
        if (call == of->second.end()) return;
        deadlines_.erase({call->second->deadline, session, id});
        of->second.erase(call);
        if (of->second.empty()) calls_.erase(of);
    }

    /// The call ends without an answer of its method. False when there is none of that id.
    bool give_up(SessionId session, std::uint64_t id, const char* code, const char* message, bool retry) {
        const auto of = calls_.find(session);
        if (of == calls_.end()) return false;
        const auto found = of->second.find(id);
        if (found == of->second.end()) return false;
        const auto call = found->second;
        close(session, id);  // whatever fails from here on
        const auto outlet = std::exchange(call->outlet, {});
        if (outlet.fail) outlet.fail({.code = code, .message = message, .retry = retry});
        if (const auto cancel = std::exchange(call->cancel, {})) cancel();
        return true;
    }

    void give_up_late(TimePoint now) {
        while (!deadlines_.empty() && deadlines_.begin()->at <= now) {
            const Deadline late = *deadlines_.begin();
            if (!give_up(late.session, late.id, "deadline_exceeded", "the method took too long", true)) deadlines_.erase(late);
        }
    }

    /// The client has gone; who works for it is told at the next `tell_cancelled`, because now it may do no more than take note.
    void leave(SessionId session) noexcept {
        const auto of = calls_.find(session);
        if (of == calls_.end()) return;
        for (auto& [id, call] : of->second) {
            deadlines_.erase({call->deadline, session, id});
            call->outlet = {};
            try {
                if (call->cancel) cancelled_.push_back(std::move(call->cancel));
            } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the work is done in vain
            }
        }
        calls_.erase(of);
    }
    void tell_cancelled() {
        for (const auto& cancel : std::exchange(cancelled_, {})) cancel();
    }

    /// Nobody will answer any more.
    void leave_all() {
        while (!calls_.empty()) leave(calls_.begin()->first);
    }

private:
    struct Deadline {
        TimePoint at{};
        SessionId session{};
        std::uint64_t id = 0;
        auto operator<=>(const Deadline&) const = default;
    };

    std::map<SessionId, std::map<std::uint64_t, std::shared_ptr<PendingCall>>> calls_;
    std::set<Deadline> deadlines_;
    std::vector<std::function<void()>> cancelled_;
};

}  // namespace kingbolt::detail
