#pragma once
// What the programs that play many clients need before they begin: numbers from the command line, and sockets enough.

#include <sys/resource.h>

#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace load {

/// Throws std::invalid_argument for what is no positive number.
template <class Number = std::size_t>
Number number(std::string_view word) {
    Number value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size() || value == 0)
        throw std::invalid_argument{"\"" + std::string{word} + "\" is not a positive number"};
    return value;
}

/// As many as the system lets this process have.
inline void allow_many_sockets() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace load
