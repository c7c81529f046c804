#pragma once
// websocketpp's errors in the words of a journal.

#include <string>

namespace kingbolt::transport::detail {

/// What a client did wrong after the upgrade. websocketpp puts its own message for the error into the Close frame's reason and
/// keeps nothing else of it.
std::string violation_in_plain_words(const std::string& message);

}  // namespace kingbolt::transport::detail
