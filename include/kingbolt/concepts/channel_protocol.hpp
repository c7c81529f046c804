#pragma once
// How channels and clients write what they say to each other.

#include <kingbolt/core/channel.hpp>
#include <kingbolt/core/message.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt {

/// Worked model: protocol::Json in protocol/json.hpp. Each function that writes gives one whole message, as text. On the hub's loop, but
/// for `event`, which may be called on the loop of another hub of the same backplane, and there by one thread at a time.
template <class P>
concept ChannelProtocol = requires(P& protocol, Message message, const channel::Event& event, const channel::RequestId& id,
                                   const channel::Subscribed& subscribed, const channel::Failure& failure, const channel::Bye& bye,
                                   std::span<const channel::Subscribed> all, std::span<const channel::Member> members,
                                   std::span<const std::string> sessions, std::string_view text, std::int64_t milliseconds,
                                   std::uint64_t sequence, std::optional<Duration> age) {
    { P::subprotocol } -> std::convertible_to<std::string_view>;
    { protocol.read(message) } -> std::same_as<channel::Request>;
    { protocol.is_value(text) } -> std::same_as<bool>;  // whether `text` may be the `data` of an event or of a reply
    { protocol.event(event) } -> std::same_as<std::string>;
    { protocol.welcome(text, milliseconds, milliseconds, all) } -> std::same_as<std::string>;
    { protocol.subscribed(id, subscribed) } -> std::same_as<std::string>;
    { protocol.done(id) } -> std::same_as<std::string>;
    { protocol.published(id, text, sequence) } -> std::same_as<std::string>;
    { protocol.time(id, milliseconds) } -> std::same_as<std::string>;
    { protocol.answer(sequence, text, age) } -> std::same_as<std::string>;
    { protocol.failure(failure) } -> std::same_as<std::string>;
    { protocol.present(text, members) } -> std::same_as<std::string>;
    { protocol.presence_changed(text, members, sessions) } -> std::same_as<std::string>;
    { protocol.bye(bye) } -> std::same_as<std::string>;
};

}  // namespace kingbolt
