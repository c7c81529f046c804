#pragma once
// The JSON text frames that clients see, and the ones they may send.

#include <kingbolt/core/message.hpp>

#include <cstdint>
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

struct Subscribe {
    std::string topic;
};
struct Unsubscribe {
    std::string topic;
};
/// What was wrong with a message; the client gets it as an error and stays connected.
struct Refusal {
    std::string_view code;
    std::string message;
};

/// Reads {"type":"subscribe","topic":…} or {"type":"unsubscribe","topic":…}. Further members are ignored.
std::variant<Subscribe, Unsubscribe, Refusal> read_command(kingbolt::Message message);

}  // namespace reference_server
