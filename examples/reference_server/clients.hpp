#pragma once
// An observer of the hub: a log line for every connect and disconnect, the same as events on the topic `system.clients`, and who is there.

#include "outlet.hpp"

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/event.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>

#include <cstddef>
#include <map>
#include <string>

namespace reference_server {

class Clients {
public:
    using slot = kingbolt::slot::observer;

    explicit Clients(const Outlet& outlet) : outlet_{outlet} {}

    /// Who it will be, or still is.
    void operator()(const kingbolt::event::Authenticated& who);
    /// Event `client_connected`.
    void operator()(const kingbolt::event::Opened& opened);
    /// Logged only: a flood of them must not flood the others.
    void operator()(const kingbolt::event::TurnedAway& away);
    void operator()(const kingbolt::event::LimitExceeded& excess);
    void operator()(const kingbolt::event::MemoryPressure& pressure);
    /// Event `client_disconnected`, with the cause, the verdict and its evidence. A connection that never was a WebSocket is
    /// logged only, and an HTTP request only at level debug.
    void operator()(const kingbolt::event::Closed& closed);

    /// {"total":…,"connections":[{"session":…,"subject":…,"remote":…,"path":…,"age_ms":…},…]}, the first `most_listed` of them.
    std::string connections(kingbolt::TimePoint now) const;
    static constexpr std::size_t most_listed = 1'000;

private:
    struct Client {
        std::string subject{}, remote{}, path{};
        kingbolt::TimePoint since{};
        bool open = false;
    };

    const Outlet& outlet_;
    std::map<kingbolt::SessionId, Client> clients_;  ///< those that have come in, or are about to
    std::size_t open_ = 0;
};

}  // namespace reference_server
