#pragma once
// One plain struct per fact. Observers receive them; the journal keeps them; tests compare lists of them.
// `at` is when the hub noticed. No event refers to memory that it does not own.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/limit.hpp>
#include <kingbolt/core/opcode.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/core/wire.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace kingbolt {

/// Whose doing the end was.
enum class EndedBy : std::uint8_t { client, server, network };

/// How far the connection had come.
enum class Phase : std::uint8_t { handshake, open, closing };

/// Why a client is not taken for anybody.
enum class AuthFailure : std::uint8_t {
    missing,      ///< no credentials were shown
    refused,      ///< bad ones were shown, or in a refresh somebody else's
    locked,       ///< none were looked at, after too many bad ones
    unavailable,  ///< nobody could judge them just now
};
/// How many there are, for tables.
inline constexpr std::size_t auth_failure_count = 4;

constexpr std::string_view to_string(AuthFailure why) noexcept {
    switch (why) {
    case AuthFailure::missing: return "missing";
    case AuthFailure::refused: return "refused";
    case AuthFailure::locked: return "locked";
    case AuthFailure::unavailable: return "unavailable";
    }
    return "unknown";
}
constexpr std::string_view to_string(EndedBy who) noexcept {
    return who == EndedBy::client ? "client" : who == EndedBy::server ? "server" : "network";
}
constexpr std::string_view to_string(Phase phase) noexcept {
    return phase == Phase::handshake ? "handshake" : phase == Phase::open ? "open" : "closing";
}

namespace event {

/// A TCP connection was accepted. Exactly one `Closed` follows, and at most one `Opened` in between.
struct Accepted {
    SessionId session{};
    std::string remote{};  ///< `address:port`
    TimePoint at{};
    bool operator==(const Accepted&) const = default;
};

/// A TCP connection was sent away before its request was read; no session came of it.
struct TurnedAway {
    std::string remote{};
    unsigned status = 0;  ///< 429 or 503
    std::string reason{};
    Duration retry_after{};
    TimePoint at{};
    bool operator==(const TurnedAway&) const = default;
};

/// The client has shown who it is, before its upgrade or, `again`, to go on when its credentials run out.
struct Authenticated {
    SessionId session{};
    std::string subject{};
    std::optional<Duration> expires_in{};  ///< of its credentials; none: never
    bool again = false;                    ///< a refresh of a session that is there
    TimePoint at{};
    bool operator==(const Authenticated&) const = default;
};

/// The client has not shown who it is: its upgrade is refused, or, `again`, its session ends when its credentials do.
struct AuthenticationFailed {
    SessionId session{};
    AuthFailure why{};   ///< in what way
    bool again = false;  ///< at the end of the credentials of a session that is there
    TimePoint at{};
    bool operator==(const AuthenticationFailed&) const = default;
};

/// The upgrade was answered with 101.
struct Opened {
    SessionId session{};
    std::string remote{};
    std::string path{};
    std::string subprotocol{};
    TimePoint at{};
    bool operator==(const Opened&) const = default;
};

/// The upgrade was refused with an HTTP status.
struct Rejected {
    SessionId session{};
    unsigned status = 0;
    Cause cause{};
    std::string detail{};
    TimePoint at{};
    bool operator==(const Rejected&) const = default;
};

/// A whole message came.
struct MessageReceived {
    SessionId session{};
    Opcode opcode{};
    std::size_t bytes = 0;
    TimePoint at{};
    bool operator==(const MessageReceived&) const = default;
};

/// A client asked more of the hub than it may. At most once a second of each client.
struct LimitExceeded {
    SessionId session{};
    Limit limit{};           ///< which
    OnExcess action{};       ///< what was done about it
    Duration retry_after{};  ///< when as much would have been within the limit
    TimePoint at{};
    bool operator==(const LimitExceeded&) const = default;
};

/// The hub's memory for messages that wait is short, or is not short any more.
struct MemoryPressure {
    std::size_t bytes = 0;   ///< that wait
    std::size_t budget = 0;  ///< MemoryBudget::max_bytes
    bool high = false;       ///< false: it is over
    TimePoint at{};
    bool operator==(const MemoryPressure&) const = default;
};

/// The hub pinged.
struct PingSent {
    SessionId session{};
    std::uint32_t sequence = 0;
    TimePoint at{};
    bool operator==(const PingSent&) const = default;
};

/// A client pinged. Of several pings at once the newest is answered.
struct PingReceived {
    SessionId session{};
    std::size_t bytes = 0;
    TimePoint at{};
    bool operator==(const PingReceived&) const = default;
};

/// `rtt` is there only when the pong answers the outstanding ping; an unsolicited pong is life and nothing more.
struct PongReceived {
    SessionId session{};
    std::optional<Duration> rtt{};
    TimePoint at{};
    bool operator==(const PongReceived&) const = default;
};

/// Not one byte came within `pong_timeout` of a ping.
struct PongMissed {
    SessionId session{};
    unsigned in_a_row = 0;       ///< this one included
    bool write_stalled = false;  ///< the peer talks, but takes no bytes of a write that waits for it
    TimePoint at{};
    bool operator==(const PongMissed&) const = default;
};

/// A tick, ten times a second. A hub counts what waits in its queues when somebody wants to hear of it, or there is a MemoryBudget.
struct Ticked {
    Duration lag{};                   ///< how late it was
    std::size_t queued_bytes = 0;     ///< in all outboxes, what is being written included
    std::size_t queued_messages = 0;  ///< likewise
    TimePoint at{};
    bool operator==(const Ticked&) const = default;
};

/// All that was published in a turn of the loop has been written, but for what waits in the queues of clients that are busy with earlier
/// messages.
struct TurnWritten {
    Duration took{};  ///< since the first publication of the turn came to the loop
    TimePoint at{};
    bool operator==(const TurnWritten&) const = default;
};

/// The loop itself was late; what it would have missed is not held against anyone.
struct LoopStalled {
    Duration lag{};  ///< how late
    TimePoint at{};
    bool operator==(const LoopStalled&) const = default;
};

/// A session hears a topic or pattern from now on.
struct Subscribed {
    SessionId session{};
    std::string topic{};
    TimePoint at{};
    bool operator==(const Subscribed&) const = default;
};

/// A session does not hear it any more.
struct Unsubscribed {
    SessionId session{};
    std::string topic{};
    TimePoint at{};
    bool operator==(const Unsubscribed&) const = default;
};

/// An outbox passed half of its bounds; once per crossing.
struct QueueHigh {
    SessionId session{};
    std::size_t bytes = 0;
    std::size_t messages = 0;  ///< that wait
    TimePoint at{};
    bool operator==(const QueueHigh&) const = default;
};

/// A message was not delivered. The subscriber sees a gap in its topic's sequence numbers.
struct Dropped {
    SessionId session{};
    std::string topic{};         ///< empty for a message sent outside topics
    std::uint64_t sequence = 0;  ///< of the message that is missing
    bool conflated = false;      ///< a newer message of the same key took its place
    TimePoint at{};
    bool operator==(const Dropped&) const = default;
};

/// A callback of the application threw; its session is closed with 1011. The session is null for a `publish` builder that
/// another thread had posted.
struct HandlerFailed {
    SessionId session{};
    std::string what{};  ///< of the exception
    TimePoint at{};
    bool operator==(const HandlerFailed&) const = default;
};

/// The hub takes no new connections and sends the present ones away.
struct Draining {
    std::size_t sessions = 0;  ///< in whatever phase
    Duration deadline{};
    TimePoint at{};
    bool operator==(const Draining&) const = default;
};

/// The last session of a draining hub is gone.
struct Drained {
    std::size_t forced = 0;  ///< sessions that had to be cut at the deadline
    TimePoint at{};
    bool operator==(const Drained&) const = default;
};

/// The hub has decided to close. No message is accepted for this session from here on.
struct Closing {
    SessionId session{};
    Cause cause{};
    CloseCode code{};
    std::string reason{};
    TimePoint at{};
    bool operator==(const Closing&) const = default;
};

/// The end, with all that is known about it. `kingbolt::diagnose` turns it into a sentence.
struct Closed {
    SessionId session{};
    Cause cause{};
    EndedBy ended_by{};                    ///< whose doing it was
    Phase phase{};                         ///< in which the connection ended; `closing` once either side had decided to close
    CloseCode code = CloseCode::abnormal;  ///< sent by the hub, or received from the client if that ended it
    std::string reason{};                  ///< likewise
    bool forced = false;                   ///< the close handshake did not complete within its bounds, and the hub cut the connection
    std::error_code error{};
    std::string detail{};

    std::string remote{};
    std::string path{};
    std::string subprotocol{};
    std::size_t offered_subprotocols = 0;  ///< by the client

    TimePoint at{};
    Duration lived{};                                  ///< since `Accepted`
    std::optional<Duration> open_for{};                ///< since `Opened`
    std::optional<Duration> since_last_byte_in{};      ///< none: not one byte came
    std::optional<Duration> since_last_byte_out{};     ///< none: not one byte was written after the upgrade
    std::optional<Duration> since_last_message_in{};   ///< none: there was none
    std::optional<Duration> since_last_message_out{};  ///< likewise
    std::optional<Duration> since_last_pong{};         ///< likewise, asked for or not
    std::optional<Duration> last_rtt{};                ///< of the last ping that was answered
    unsigned missed_pongs = 0;                         ///< in a row, when it was decided
    std::uint32_t pings_sent = 0;                      ///< by the hub
    std::uint64_t bytes_in = 0;                        ///< on the wire, the request included
    std::uint64_t bytes_out = 0;                       ///< after the upgrade
    std::uint64_t messages_in = 0;                     ///< whole ones
    std::uint64_t messages_out = 0;                    ///< handed to the transport
    std::uint64_t messages_dropped = 0;                ///< by a full outbox, conflated ones included
    std::size_t queued_bytes = 0;                      ///< unsent when it ended
    std::size_t queued_messages = 0;                   ///< likewise
    std::optional<Duration> write_stalled_for{};       ///< a write was waiting for the peer for this long
    Duration loop_lag{};                               ///< how late the loop was at worst, in this minute and the one before
    std::optional<TcpEvidence> tcp{};

    bool operator==(const Closed&) const = default;
};

}  // namespace event
}  // namespace kingbolt
