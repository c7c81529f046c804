#pragma once
// Messages that say what went wrong, and messages that are wrong.

#include <kingbolt/client/detail/incoming.hpp>
#include <kingbolt/client/fact.hpp>
#include <kingbolt/core/time.hpp>

#include <optional>
#include <string>

namespace kingbolt::client::detail {

/// Of an `error`. Throws BadMessage when it is none.
inline Failure failure_of(const Incoming& message) {
    const auto after = message.maybe_ms("after_ms");
    return {.code = std::string{message.text("code")},
            .message = std::string{message.text("message")},
            .retry = message.flag("retry"),
            .retry_after = after ? std::optional<Duration>{*after} : std::nullopt};
}
inline Failure failure_of(const BadMessage& bad) { return {.code = "bad_server_message", .message = bad.what()}; }

}  // namespace kingbolt::client::detail
