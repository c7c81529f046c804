#pragma once
// What a Conversation wants done, in its order. The comment on each says what the shell does with it.

#include <kingbolt/client/detail/requests.hpp>
#include <kingbolt/client/fact.hpp>
#include <kingbolt/core/close_code.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace kingbolt::client {

namespace action {

/// Asks the application for a token; the answer goes to `on_token` or `on_no_token`, with the number of the question.
struct AskToken {
    std::uint64_t question = 0;  ///< its number
};
/// Opens a connection: `on_open`, or `on_refused` or `on_lost`, is called.
struct Connect {
    std::vector<std::string> subprotocols{};  ///< to offer
    std::string authorization{};              ///< the value of that header; empty for none
};
/// Sends a text message.
struct Send {
    std::string text{};  ///< a whole message
};
/// Sends a Close frame and sees the closing handshake through, or gives up the attempt; nothing more is told of this connection.
struct Close {
    CloseCode code{};
};
/// Lets go of the connection, or of the attempt; nothing more is told of it.
struct Drop {};

/// Completes what the application waits for.
struct Complete {
    Ticket ticket = 0;  ///< that `publish` or `call` gave
    Answer answer{};    ///< how it ended
};

}  // namespace action

/// What remains is for the application.
using Action = std::variant<action::AskToken, action::Connect, action::Send, action::Close, action::Drop, action::Complete, StateChanged,
                            Stopped, Event, Subscribed, SubscriptionRefused, Gap, Presence, Bye, Trouble>;

}  // namespace kingbolt::client
