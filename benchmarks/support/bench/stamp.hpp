#pragma once
// What the text of a measured message says: its number, and when it was due. The steady clock is one for all processes of a machine.

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

struct Stamp {
    static constexpr std::size_t digits = 16;
    static constexpr std::size_t size = 2 * digits;

    std::uint64_t number = 0;  ///< from 1, of its publisher
    std::chrono::steady_clock::time_point due{};
};

/// A text of `size` bytes, `Stamp::size` or more.
inline std::string stamped(const Stamp& stamp, std::size_t size) {
    if (size < Stamp::size) throw std::invalid_argument{"a message has at least 32 bytes"};
    std::string text(size, 'x');
    const auto hexadecimal = [&](std::size_t at, std::uint64_t value) {
        for (std::size_t i = 0; i < Stamp::digits; ++i, value >>= 4U) text[at + Stamp::digits - 1 - i] = "0123456789abcdef"[value & 0xFU];
    };
    hexadecimal(0, stamp.number);
    hexadecimal(Stamp::digits, static_cast<std::uint64_t>(stamp.due.time_since_epoch().count()));
    return text;
}

/// Throws when `text` is not what `stamped` made.
inline Stamp read_stamp(std::string_view text, std::size_t size) {
    std::array<std::uint64_t, 2> values{};
    bool good = text.size() == size;
    for (std::size_t i = 0; good && i < values.size(); ++i) {
        const char* const end = text.data() + (i + 1) * Stamp::digits;
        const auto [stop, error] = std::from_chars(text.data() + i * Stamp::digits, end, values[i], 16);
        good = stop == end && error == std::errc{};
    }
    if (!good) throw std::runtime_error{"a message was changed on its way"};
    return {values[0], std::chrono::steady_clock::time_point{std::chrono::nanoseconds{values[1]}}};
}

}  // namespace bench
