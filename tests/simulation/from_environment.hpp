#pragma once
// How long the simulation tests run is the caller's choice.

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace kingbolt::test {

/// The number in an environment variable; `fallback` when it is not set. Throws std::runtime_error when it is no number.
inline std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') return fallback;
    std::size_t used = 0;
    const std::uint64_t value = std::stoull(text, &used);
    if (text[used] != '\0') throw std::runtime_error{std::string{name} + " is not a number: " + text};
    return value;
}

}  // namespace kingbolt::test
