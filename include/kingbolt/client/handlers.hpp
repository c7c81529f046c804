#pragma once
// What an application may want to hear. Each may be empty. They are called on the client's executor, may call the client, and are replaced
// or forgotten by `subscribe` and `unsubscribe`. What they throw leaves the executor's `run`; the connection ends and is made anew.

#include <kingbolt/client/fact.hpp>

#include <functional>

namespace kingbolt::client {

/// Of one subscription.
struct SubscriptionHandlers {
    std::function<void(const Event&)> on_event{};
    std::function<void(const Presence&)> on_presence{};      ///< when there is one, the server is asked for presence
    std::function<void(const Subscribed&)> on_subscribed{};  ///< at first and after each connection; `recovered` says what to do
    std::function<void(const Gap&)> on_gap{};
    std::function<void(const SubscriptionRefused&)> on_refused{};
};

/// Of the client.
struct ClientHandlers {
    std::function<void(const StateChanged&)> on_state{};
    std::function<void(const Stopped&)> on_stopped{};
    std::function<void(const Bye&)> on_bye{};
    std::function<void(const Trouble&)> on_trouble{};
};

}  // namespace kingbolt::client
