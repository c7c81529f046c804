#pragma once
// Option values as people write them: `30s`, `64KiB`, `127.0.0.1:9002`.

#include "options.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reference_server {

/// `500ms`, `30s`, `1.5s`, `5min`, `2h`: a number that is not negative, and a unit.
std::optional<kingbolt::Duration> parse_duration(std::string_view text);

/// A whole number: 5.
std::optional<std::uint32_t> parse_count(std::string_view text);
/// `4096`, `64KiB`, `1MiB`.
std::optional<std::size_t> parse_size(std::string_view text);

/// `HOST:PORT`; an IPv6 address stands in brackets.
std::optional<Address> parse_address(std::string_view text);

/// In the largest unit that divides it: `90s`, `2min`; what none divides in milliseconds, `1.5ms`.
std::string to_text(kingbolt::Duration duration);
std::string to_text(std::uint32_t count);
std::string to_text(std::size_t bytes);
std::string to_text(const Address& address);

}  // namespace reference_server
