#pragma once
// What a client tells its application: one plain struct per fact. Views, which only frequent facts have, are valid until the callback
// returns.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt::client {

enum class State : std::uint8_t {
    connecting,  ///< asks for a token, opens a connection, says hello
    ready,       ///< welcomed
    waiting,     ///< for the next attempt
    stopped,     ///< not started, or ended for good
};

constexpr std::string_view to_string(State state) noexcept {
    switch (state) {
    case State::connecting: return "connecting";
    case State::ready: return "ready";
    case State::waiting: return "waiting";
    case State::stopped: return "stopped";
    }
    return "unknown";
}

/// Something that went wrong, as the server said it or as the client found it.
struct Failure {
    std::string code{};  ///< of docs/protocol.md, or a method's own; `connection_lost`, `closed`, `queue_full` are the client's too
    std::string message{};
    bool retry = false;                     ///< the same may succeed later
    std::optional<Duration> retry_after{};  ///< when
    bool operator==(const Failure&) const = default;
};

/// Where the client stands now.
struct StateChanged {
    State state{};                    ///< the new one
    Duration delay{};                 ///< until the next attempt, of `waiting`
    std::string reason{};             ///< of `waiting`: why there is no connection
    std::optional<CloseCode> code{};  ///< with which a connection ended
    std::string detail{};             ///< what the network said, for a log
};

/// The client stays away until it is started again.
struct Stopped {
    CloseCode code = CloseCode::normal;  ///< 1000 where the client itself decided
    std::string reason{};
};

/// An event of a topic. `seq` counts within `topic` and `epoch`.
struct Event {
    std::string subscription{};  ///< the topic or pattern that was subscribed to
    std::string_view topic{}, event{}, epoch{};
    std::uint64_t seq = 0;
    std::chrono::sys_time<std::chrono::milliseconds> at{};  ///< by the server's clock
    std::string_view data{};                                ///< JSON, the publisher's bytes
};

/// The server has taken a subscription: at first, after each connection, and after each gap.
struct Subscribed {
    std::string subscription{};
    /// True: everything that was missed follows. False: it cannot be had, and the state has to be fetched by other means. None: the
    /// subscription is new.
    std::optional<bool> recovered{};
};

/// The server has refused a subscription, or ended one that a new token does not permit. It is asked for again at the next connection,
/// unless the application ends it.
struct SubscriptionRefused {
    std::string subscription{};
    Failure failure{};
};

/// Events were missed, from the first to the last number.
struct Gap {
    std::string subscription{}, topic{}, epoch{};
    std::uint64_t from = 0;  ///< the first number that is missing
    std::uint64_t to = 0;    ///< and the last
    bool healing = false;    ///< the client asks for them; otherwise they are lost
};

/// Somebody who is subscribed.
struct Member {
    std::string session{};
    std::string subject{};  ///< empty for one without an identity
    bool operator==(const Member&) const = default;
};

/// Who is there, or what has changed since.
struct Presence {
    std::string subscription{};
    std::optional<std::vector<Member>> state{};  ///< all who are there
    std::vector<Member> joined{};                ///< who has come since
    std::vector<std::string> left{};             ///< sessions
};

/// The server says farewell; the end of the connection follows.
struct Bye {
    CloseCode code{};
    std::string reason{};
    bool retry = false;
    std::optional<Duration> retry_after{};
};

/// An error that belongs to no request: one of the server's, or `bad_server_message`, `bad_subprotocol`, `token_failed`, which the client
/// found itself.
struct Trouble {
    Failure failure{};
};

/// How a publication or a call ended.
struct Answer {
    std::optional<Failure> failure{};
    std::optional<std::string_view> epoch{};  ///< of a publication, and its number; none where several hubs are linked
    std::optional<std::uint64_t> seq{};
    std::string_view data{};  ///< of a call: JSON
    bool stale = false;       ///< the last good answer, `age` old, because a live one could not be had
    Duration age{};
};

}  // namespace kingbolt::client
