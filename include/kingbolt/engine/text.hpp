#pragma once
// Numbers and other people's strings, as log lines show them.

#include <kingbolt/core/time.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace kingbolt::engine {

/// `digits` after the point, 0 to 80.
inline std::string decimal(double value, int digits) {
    // std::printf would ask the locale for its decimal point. The longest double has 309 digits before it.
    std::array<char, 400> out;
    return {out.data(), std::to_chars(out.data(), out.data() + out.size(), value, std::chars_format::fixed, digits).ptr};
}

constexpr double seconds(Duration d) noexcept { return std::chrono::duration<double>(d).count(); }

/// `0.4 ms`, `450 ms`, `2.31 s`, `924.6 s`: never a larger unit than seconds, so that lines can be compared and sorted.
inline std::string duration_text(Duration d) {
    const double s = seconds(d);
    if (s < 0.01) return decimal(s * 1000, 1) + " ms";
    if (s < 1) return decimal(s * 1000, 0) + " ms";
    return decimal(s, s < 10 ? 2 : 1) + " s";
}

/// `48 s`, `1.6 s`: for advice, where a digit after the point would pretend precision.
inline std::string short_duration_text(Duration d) { return decimal(seconds(d), d < std::chrono::seconds{10} ? 1 : 0) + " s"; }

/// `1 ping`, `2 pings`.
inline std::string count_text(unsigned long long n, std::string_view noun) {
    return std::to_string(n).append(" ").append(noun).append(n == 1 ? "" : "s");
}

/// `value` in double quotes, on one line whatever it holds: a quote, a backslash and everything outside printable ASCII is
/// escaped, so that nobody forges a line or colours a terminal by choosing a path or a close reason. At most `limit` of its
/// bytes are shown; a longer value ends with the count of the rest. Not named `quoted`: beside a user's <iomanip>, a std::string argument
/// would find std::quoted as well.
inline std::string in_quotes(std::string_view value, std::size_t limit = 200) {
    std::string out = "\"";
    for (const char c : value.substr(0, limit)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.append(1, '\\').append(1, c);
        } else if (byte >= 0x20 && byte < 0x7F) {
            out += c;
        } else {
            constexpr std::string_view hex = "0123456789abcdef";
            out.append("\\x").append(1, hex[byte >> 4U]).append(1, hex[byte & 0xFU]);
        }
    }
    out += '"';
    if (value.size() > limit) out += "+" + std::to_string(value.size() - limit) + " bytes";
    return out;
}

/// `value` as it is when that is harmless between spaces, like an address; otherwise quoted.
inline std::string token(std::string_view value) {
    const auto harmless = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '='; };
    return !value.empty() && value.size() <= 64 && std::ranges::all_of(value, harmless) ? std::string{value} : in_quotes(value);
}

}  // namespace kingbolt::engine
