#pragma once
// What went wrong while publications were on their way to many. It is told when nothing is under way any more, because
// whoever hears of it may send, subscribe, publish or close.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/session_id.hpp>

#include <utility>
#include <vector>

namespace kingbolt::engine {

class Troubles {
public:
    void lost(SessionId session, const Frame& frame, bool conflated) { present_.losses.push_back({session, frame, conflated}); }
    void high(SessionId session) { present_.high.push_back(session); }
    void overflowed(SessionId session) { present_.overflowed.push_back(session); }

    bool none() const noexcept { return present_.losses.empty() && present_.high.empty() && present_.overflowed.empty(); }

    /// Tells of all there is: `on_lost(session, frame, conflated)`, then `on_high(session)`, then `on_overflowed(session)`.
    /// What they cause stays for the next call, and a call from within them does nothing: a listener that publishes to whoever
    /// cannot keep up would otherwise call itself until the stack is used up.
    template <class OnLost, class OnHigh, class OnOverflowed>
    void tell(OnLost&& on_lost, OnHigh&& on_high, OnOverflowed&& on_overflowed) {
        if (std::exchange(telling_, true)) return;
        const Done done{*this};
        std::swap(present_, told_);
        for (const Loss& loss : told_.losses) on_lost(loss.session, loss.frame, loss.conflated);
        for (const SessionId session : told_.high) on_high(session);
        for (const SessionId session : told_.overflowed) on_overflowed(session);
    }

private:
    struct Loss {
        SessionId session;
        Frame frame;
        bool conflated;
    };
    struct Round {
        std::vector<Loss> losses;
        std::vector<SessionId> high, overflowed;
    };
    struct Done {
        explicit Done(Troubles& t) noexcept : troubles{t} {}
        Done(const Done&) = delete;
        Done& operator=(const Done&) = delete;
        ~Done() {
            troubles.told_.losses.clear();
            troubles.told_.high.clear();
            troubles.told_.overflowed.clear();
            troubles.telling_ = false;
        }
        Troubles& troubles;
    };

    Round present_, told_;
    bool telling_ = false;
};

}  // namespace kingbolt::engine
