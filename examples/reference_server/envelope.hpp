#pragma once
// The JSON text frames that clients see, and the ones they may send.

#include <kingbolt/core/message.hpp>
#include <kingbolt/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace reference_server {

/// {"type":"event","topic":…,"event":…,"seq":…,"ts":…,"data":…}; `ts` is milliseconds since the epoch, `data` is JSON already.
std::string event_frame(std::string_view topic, std::string_view event, std::uint64_t sequence, std::string_view data);

/// {"type":"reply","to":"subscribe","topic":…}
std::string reply_frame(std::string_view to, std::string_view topic);

/// {"type":"error","code":…,"message":…}
std::string error_frame(std::string_view code, std::string_view message);

/// {"type":"reply","id":…,"data":…}; of an answer that is not live any more also "stale":true and "age_ms".
std::string answer_frame(std::uint64_t id, std::string_view data, std::optional<kingbolt::Duration> stale_age);

/// {"type":"error","id":…,"code":…,"message":…,"retry":…,"after_ms":…}; `after_ms` only when it is known.
std::string call_error_frame(std::uint64_t id, std::string_view code, std::string_view message, bool retry, kingbolt::Duration after);

struct Subscribe {
    std::string topic;
};
struct Unsubscribe {
    std::string topic;
};
/// Of a method of the engine: `agents.list` or, with an agent, `agents.status`.
struct Call {
    std::uint64_t id;
    std::string method;
    std::string agent;
};
/// A new token, before the old one expires.
struct Refresh {
    std::uint64_t id;
    std::string token;
};
/// What was wrong with a message; the client gets it as an error and stays connected.
struct Refusal {
    std::string_view code;
    std::string message;
};

/// Reads {"type":"subscribe","topic":…}, {"type":"unsubscribe","topic":…}, {"type":"call","id":7,"method":"agents.list"},
/// {"type":"call","id":7,"method":"agents.status","params":{"id":…}} or {"type":"refresh","id":8,"token":…}. Further members are ignored.
std::variant<Subscribe, Unsubscribe, Call, Refresh, Refusal> read_command(kingbolt::Message message);

}  // namespace reference_server
