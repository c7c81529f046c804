#pragma once
// What clients and channels say to each other, apart from how it is written: docs/protocol.md has the meaning of each.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kingbolt::channel {

/// Chosen by the client, 0 to 2^53 − 1; what answers a message bears the same. None: the message has none.
using RequestId = std::optional<std::uint64_t>;

/// How far somebody has heard one topic of a pattern.
struct TopicPosition {
    std::string topic{};
    std::uint64_t sequence = 0;
    std::string epoch{};  ///< of its numbers; empty: that of the pattern
};

/// How far somebody has heard a topic, or a pattern: then one number per topic that it knows of.
struct Position {
    std::string epoch{};
    std::uint64_t sequence = 0;              ///< of a topic
    std::vector<TopicPosition> positions{};  ///< of a pattern
};

/// One subscription that is asked for.
struct Wish {
    std::string topic{};             ///< or pattern
    bool presence = false;           ///< who else is there is to be told, too
    std::optional<Position> from{};  ///< where to go on; none: no past is wanted
};

// From a client. Views are into the message.

/// Comes first, if at all.
struct Hello {
    std::optional<std::string> token{};
    std::vector<Wish> wishes{};  ///< its subscriptions
};
/// Or once more, to fill a gap.
struct Subscribe {
    RequestId id{};
    Wish wish{};  ///< what to
};
/// The end of a subscription.
struct Unsubscribe {
    RequestId id{};
    std::string topic{};
};
/// A client's publication.
struct Publish {
    RequestId id{};
    std::string topic{};
    std::string event{};
    std::string_view data{};
};
/// A call; one answer follows.
struct CallMethod {
    std::uint64_t id = 0;
    std::string method{};
    std::string_view params{};  ///< empty: there are none
    std::optional<Duration> deadline{};
};
/// Of a call.
struct Cancel {
    std::uint64_t id = 0;
};
/// A new token.
struct Refresh {
    std::uint64_t id = 0;
    std::string token{};
};
/// Is answered with the server's time.
struct Ping {
    RequestId id{};
};

/// An answer to a request that came to nothing, or to a message that was none.
struct Failure {
    RequestId id{};
    std::string code{};
    std::string message{};
    bool retry = false;
    std::optional<Duration> after{};
    std::optional<std::size_t> at{};  ///< bytes from the message's start
    std::string topic{};              ///< of a subscription that this ends; empty: it ends none
    bool malformed = false;           ///< not even readable: a client that goes on so is closed
};

/// Whatever a client may say; Failure is what could not be read.
using Request = std::variant<Failure, Hello, Subscribe, Unsubscribe, Publish, CallMethod, Cancel, Refresh, Ping>;

// To a client.

/// What became of a wish: an error's code, or where the client stands after what follows.
struct Subscribed {
    std::string topic{};
    std::string error{};
    Position position{};              ///< where the client stands after what follows
    bool is_pattern = false;          ///< its position has one number per topic
    std::optional<bool> recovered{};  ///< none: nothing was to recover
    bool conflated = false;           ///< gaps are meant
};

/// What was published.
struct Event {
    std::string_view topic;
    std::string_view name;
    std::string_view epoch;
    std::uint64_t sequence;
    std::int64_t ts;  ///< milliseconds since the epoch
    std::string_view data;
};

/// Somebody who is subscribed.
struct Member {
    std::string session{};
    std::string subject{};  ///< empty: it has none
};

/// The end is near: a Close frame of the same code follows.
struct Bye {
    CloseCode code{};
    std::string_view reason{};
    Duration after = Duration::max();  ///< max(): nothing is said of it
};

}  // namespace kingbolt::channel
