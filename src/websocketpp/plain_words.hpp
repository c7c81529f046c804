#pragma once
// websocketpp's errors in the words of a journal.

#include <string>
#include <system_error>

namespace kingbolt::transport::detail {

/// What a client did wrong after the upgrade. websocketpp puts its own message for the error into the Close frame's reason and
/// keeps nothing else of it.
std::string violation_in_plain_words(const std::string& message);

/// Why an upgrade request or an HTTP request was turned away.
std::string refusal_in_plain_words(const std::error_code& error);

}  // namespace kingbolt::transport::detail
