#pragma once
// One client, as the application sees it. The hub owns it: a `Session&` is valid until the callback returns; keep `id()`.

#include <kingbolt/concepts/authorizer.hpp>
#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/message.hpp>
#include <kingbolt/core/session_id.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt {

class Session;

namespace engine {

/// What a session can ask of its hub.
class SessionCommands {
public:
    virtual std::error_code send(Session& session, Message message) = 0;
    virtual std::error_code subscribe(Session& session, std::string_view topic) = 0;
    virtual void unsubscribe(Session& session, std::string_view topic) = 0;
    virtual void close(Session& session, CloseCode code, std::string_view reason) = 0;
    virtual const Identity* identity_of(const Session& session) const noexcept = 0;
    virtual bool permits(const Session& session, Action action, std::string_view name) const = 0;
    virtual void refresh(Session& session, std::string_view token, std::function<void(std::error_code)> done) = 0;

protected:
    ~SessionCommands() = default;
};

}  // namespace engine

/// Everything here is for the hub's loop only; other threads use `Hub::send` and `Hub::close` with an id.
class Session {
public:
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    SessionId id() const noexcept { return id_; }
    const std::string& remote() const noexcept { return remote_; }  ///< `address:port`
    /// Of the upgrade request, without its query.
    std::string_view path() const noexcept { return std::string_view{request_}.substr(0, path_size_); }
    /// Empty: none was agreed.
    std::string_view subprotocol() const noexcept { return std::string_view{request_}.substr(path_size_); }

    /// Queues a message; it leaves at the end of this turn of the loop. Errc::session_gone once the close has been decided,
    /// Errc::queue_full when the outbox dropped it.
    std::error_code send(Message message) { return commands_.send(*this, message); }

    /// `topic` is exact (`agents.7`) or ends in a wildcard level (`agents.*`, `*`). Subscribing twice changes nothing.
    /// Errc::bad_topic, Errc::session_gone, Errc::not_permitted, Errc::too_many_subscriptions.
    std::error_code subscribe(std::string_view topic) { return commands_.subscribe(*this, topic); }
    /// What it is not subscribed to changes nothing.
    void unsubscribe(std::string_view topic) { commands_.unsubscribe(*this, topic); }

    /// Sends what is queued, then a Close frame; the connection ends within `Deadlines::close`. `reason` is cut to 123 bytes.
    /// A code that may not be sent (RFC 6455 §7.4) is replaced by 1011.
    void close(CloseCode code = CloseCode::come_back, std::string_view reason = {}) { commands_.close(*this, code, reason); }

    /// Whom its credentials showed, until it is refreshed; null where the hub has no Authenticator.
    const Identity* identity() const noexcept { return commands_.identity_of(*this); }
    /// What the Authorizer says; always true where the hub has none. `subscribe` asks by itself.
    bool permits(Action action, std::string_view name) const { return commands_.permits(*this, action, name); }
    /// New credentials of the same subject, in place of those that will expire. Subscriptions that the Authorizer does not permit to them
    /// end, each with an event::Unsubscribed. `done` is called here or in a later turn: without an error, or with Errc::bad_credentials,
    /// after which the old ones hold as long as they do; Errc::rate_limited after too many bad ones, and while others are being judged;
    /// Errc::session_gone. Not at all when the session ends before an Authenticator that takes its time has answered.
    void refresh(std::string_view token, std::function<void(std::error_code)> done) { commands_.refresh(*this, token, std::move(done)); }

protected:
    /// Made by a hub.
    Session(SessionId id, engine::SessionCommands& commands, std::string remote)
        : commands_{commands}, id_{id}, remote_{std::move(remote)} {}
    ~Session() = default;

    engine::SessionCommands& commands_;
    SessionId id_;
    std::string remote_;
    std::string request_;  ///< path and subprotocol, one behind the other: most of both fit into a string without memory of its own
    std::uint32_t path_size_ = 0;
};

}  // namespace kingbolt
