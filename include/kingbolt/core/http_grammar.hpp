#pragma once
// The small words of HTTP's grammar (RFC 9110 §5.6): tokens, blanks, names without case, lists in header values.

#include <kingbolt/core/http.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace kingbolt {

/// Which characters those are. At namespace scope: inside a constexpr function a table would be built anew for every character.
inline constexpr auto token_chars = [] {
    std::array<bool, 256> chars{};
    for (const char c : std::string_view{"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"})
        chars[static_cast<unsigned char>(c)] = true;
    return chars;
}();
/// A character of a token: a header's name, a method, a subprotocol.
constexpr bool is_token_char(char c) noexcept { return token_chars[static_cast<unsigned char>(c)]; }
/// One or more of them.
constexpr bool is_token(std::string_view text) noexcept { return !text.empty() && std::ranges::all_of(text, is_token_char); }

/// A space or a tab.
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
/// Without blanks at both ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// RFC 9110 §5.5: no control character but the tab. A bare CR, LF or NUL is how requests and responses are split.
constexpr bool is_field_value(std::string_view text) noexcept {
    bool harmless = true;  // without an early end, so that the compiler may look at many characters at once
    for (const char c : text) harmless = harmless & ((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t');
    return harmless;
}

/// Names are ASCII; std::tolower would ask the locale.
constexpr bool same_name(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// `host`, `host:port` or `[::1]:port`; empty for a target that has no authority (RFC 9110 §7.2, RFC 3986 §3.2).
constexpr bool is_host(std::string_view text) noexcept {
    const bool bracketed = text.starts_with('[');
    const std::size_t end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
    if (end == std::string_view::npos) return false;
    const std::string_view name = text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
    // Besides tokens, what else a host may be made of; of a token, what it may not.
    const auto of_host = [bracketed](char c) {
        return is_token_char(c) ? c != '#' && c != '^' && c != '`' && c != '|'
                                : std::string_view{bracketed ? ":" : "(),;="}.find(c) != std::string_view::npos;
    };
    if (!std::ranges::all_of(name, of_host)) return false;
    const std::string_view port = text.substr(bracketed ? end + 1 : end);
    return port.empty() || (port.front() == ':' && port.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

/// Calls `use` with each element of a comma-separated list until it says false; whether it never did. Empty elements are passed over
/// (RFC 9110 §5.6.1.2). For lists of tokens: a quoted string could hold a comma.
template <class Use>
constexpr bool each_element(std::string_view list, Use&& use) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view element = trimmed(list.substr(0, comma));
        if (!element.empty() && !use(element)) return false;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return true;
}
/// The elements of all headers of that name: a list may come in several lines (RFC 9110 §5.3).
template <class Use>
constexpr bool each_element(const HttpHeaders& headers, std::string_view name, Use&& use) {
    return std::ranges::all_of(headers,
                               [&](const auto& field) { return !same_name(field.first, name) || each_element(field.second, use); });
}

}  // namespace kingbolt
