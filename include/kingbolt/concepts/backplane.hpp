#pragma once
// What carries publications from one hub to others: between the cores of a machine, or between machines.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/message.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace kingbolt {

/// As it comes back to every hub, the one that published it included. Views are valid until the call returns.
struct Publication {
    std::string_view topic;
    Message message;
    std::uint64_t sequence = 0;  ///< of its topic, from 1, the same for all hubs
    std::uint64_t key = 0;       ///< see PublishOptions
    std::string_view failure{};  ///< not empty: the message could not be built, for this reason, and only this hub is told
};

/// Makes a payload that carries its sequence number.
using BuildPayload = std::function<std::string(std::uint64_t sequence)>;

/// Worked model: Shards in backplane/shards.hpp. A hub has one `Link`, made with the backplane and a `wake`, and destroyed with the hub.
///   wake      is called from any thread when there is something to take and it has not been called since the last `take`. Not during
///             or after the link's destruction
///   publish   any thread. From now on every linked hub can take it. What one thread publishes to one topic keeps its order everywhere.
///             `takes_soon`: the caller is this link's hub and will call `take` without being woken. A `build` runs once, on the loop of
///             one of the hubs, and must not wait for anything. Gives Errc::backlog_full when a hub is too far behind
///   take      the hub's loop; gives what has been published since, in order. `receive` must not throw
template <class B>
concept Backplane = std::constructible_from<typename B::Link, B&, std::function<void()>> &&
    requires(typename B::Link& link, std::string_view topic, Message message, BuildPayload build, std::uint64_t key, bool takes_soon,
             void (&receive)(const Publication&)) {
    { link.publish(topic, message, key, takes_soon) } -> std::same_as<std::error_code>;
    { link.publish(topic, std::move(build), key, takes_soon) } -> std::same_as<std::error_code>;
    link.take(receive);
};

}  // namespace kingbolt
