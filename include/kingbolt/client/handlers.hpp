#pragma once
// What an application may want to hear. Each may be empty. They are called on the client's executor, may call the client, and are replaced
// or forgotten by `subscribe` and `unsubscribe`. What they throw leaves the executor's `run`; the connection ends and is made anew.

#include <kingbolt/client/fact.hpp>

#include <functional>

namespace kingbolt::client {

/// Of one subscription.
struct SubscriptionHandlers {
    std::function<void(const Event&)> on_event{};                  ///< in the order of each topic
    std::function<void(const Presence&)> on_presence{};            ///< when there is one, the server is asked for presence
    std::function<void(const Subscribed&)> on_subscribed{};        ///< at first and after each connection; `recovered` says what to do
    std::function<void(const Gap&)> on_gap{};                      ///< numbers are missing
    std::function<void(const SubscriptionRefused&)> on_refused{};  ///< the server has refused the subscription
};

/// Of the client.
struct ClientHandlers {
    std::function<void(const StateChanged&)> on_state{};  ///< connecting, ready, waiting, stopped
    std::function<void(const Stopped&)> on_stopped{};     ///< it stays away
    std::function<void(const Bye&)> on_bye{};             ///< the server is about to close
    std::function<void(const Trouble&)> on_trouble{};     ///< an error that belongs to no request
};

}  // namespace kingbolt::client
