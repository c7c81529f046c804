#pragma once
// An observer of the hub: a log line for every connect and disconnect, and the same as events on the topic `system.clients`.

#include "outlet.hpp"
#include "recent.hpp"

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/event.hpp>

namespace reference_server {

class Clients {
public:
    using slot = kingbolt::slot::observer;

    explicit Clients(const Outlet& outlet) : outlet_{outlet} {}

    /// Event `client_connected`.
    void operator()(const kingbolt::event::Opened& opened);
    /// Logged only: a flood of them must not flood the others.
    void operator()(const kingbolt::event::TurnedAway& away);
    void operator()(const kingbolt::event::LimitExceeded& excess);
    void operator()(const kingbolt::event::MemoryPressure& pressure);
    /// Event `client_disconnected`, with the cause, the verdict and its evidence. A connection that never was a WebSocket is
    /// logged only, and an HTTP request only at level debug.
    void operator()(const kingbolt::event::Closed& closed);

    /// What has been told of disconnects.
    const Recent& disconnects() const noexcept { return disconnects_; }

private:
    const Outlet& outlet_;
    Recent disconnects_;
};

}  // namespace reference_server
