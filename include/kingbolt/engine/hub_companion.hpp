#pragma once
// What is built on a hub, and has to know what goes on in it: see channels.hpp.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/session.hpp>

#include <string>
#include <string_view>

namespace kingbolt::engine {

/// Everything on the hub's loop, from within the hub's own work: no more may be done here than to take note, but for `on_tick` and
/// `on_no_longer_permitted`.
class HubCompanion {
public:
    /// `frame` goes to the subscribers of `topic`; its label has its number. Before any of them has it.
    virtual void on_published(std::string_view topic, const Frame& frame, TimePoint now) noexcept = 0;
    /// A last message to a session of which the end has been decided, and whose queue will still be sent; empty: none.
    virtual std::string farewell(SessionId session, CloseCode code, std::string_view reason) noexcept = 0;
    /// A subscription has ended before its session, whoever ended it.
    virtual void on_unsubscribed(SessionId session, std::string_view topic) noexcept = 0;
    /// Likewise, and then this: because the session's new credentials do not permit it. What is thrown here ends the session.
    virtual void on_no_longer_permitted(Session& session, std::string_view topic) = 0;
    /// The session is open no more.
    virtual void on_gone(SessionId session) noexcept = 0;
    virtual void on_tick(TimePoint now) noexcept = 0;

protected:
    ~HubCompanion() = default;
};

}  // namespace kingbolt::engine
