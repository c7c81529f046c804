#pragma once
// What proxies write of whom they pass on: `Forwarded` (RFC 7239) and its elder, `X-Forwarded-For`.
//
// Each proxy adds one element at the right. So they are read from the right: whatever a client has put there before, an unclosed quote
// also, ends where the first proxy's own words begin.

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/core/remote_address.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::forwarded {

namespace detail {

/// Where the quoted string begins that ends with the quote at `closing`; npos if it has no beginning.
inline std::size_t opening_quote(std::string_view text, std::size_t closing) noexcept {
    for (std::size_t at = closing; at-- > 0;) {
        if (text[at] != '"') continue;
        // Behind an odd number of backslashes it is a part of the string (RFC 9110 §5.6.4).
        const auto before = text.substr(0, at).find_last_not_of('\\');
        const std::size_t backslashes = before == std::string_view::npos ? at : at - before - 1;
        if (backslashes % 2 == 0) return at;
    }
    return std::string_view::npos;
}

/// Takes the last element off a list whose elements are separated by commas that are in no quoted string.
inline std::string_view take_last(std::string_view& list) noexcept {
    std::size_t begin = list.size();
    while (begin > 0 && list[begin - 1] != ',') {
        --begin;
        if (list[begin] != '"') continue;
        begin = opening_quote(list, begin);
        if (begin == std::string_view::npos) begin = 0;
    }
    const std::string_view element = list.substr(begin);
    list = list.substr(0, begin == 0 ? 0 : begin - 1);
    return trimmed(element);
}

/// `:` and digits, or an identifier that hides them (RFC 7239 §6).
inline bool is_port(std::string_view text) noexcept {
    if (!text.starts_with(':') || text.size() < 2) return false;
    text.remove_prefix(1);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto obfuscating = [](char c) { return is_token_char(c) && std::string_view{"!#$%&'*+^`|~"}.find(c) == std::string_view::npos; };
    return text.front() == '_' ? std::ranges::all_of(text, obfuscating) : text.size() <= 5 && std::ranges::all_of(text, digit);
}

/// An address, with or without a port (RFC 7239 §6); nothing for a name that hides it, for `unknown`, and for what is malformed.
inline std::optional<RemoteAddress> node(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos || text.find(':') > end) return std::nullopt;
        const std::string_view port = text.substr(end + 1);
        return port.empty() || is_port(port) ? RemoteAddress::parse_address(text.substr(1, end - 1)) : std::nullopt;
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return RemoteAddress::parse_address(text);
    return is_port(text.substr(colon)) ? RemoteAddress::parse_address(text.substr(0, colon)) : std::nullopt;
}

/// Takes a token or a quoted string off the beginning; nothing if there is neither.
inline std::optional<std::string> take_value(std::string_view& text) {
    std::string value;
    if (!text.starts_with('"')) {
        value = {text.begin(), std::ranges::find_if_not(text, is_token_char)};
        text.remove_prefix(value.size());
        return value.empty() ? std::nullopt : std::optional{value};
    }
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"') {
            text.remove_prefix(at + 1);
            return value;
        }
        if (text[at] == '\\' && ++at == text.size()) break;
        value.push_back(text[at]);
    }
    return std::nullopt;
}

}  // namespace detail

/// The client in an element of `Forwarded`: the value of its one `for`. Nothing if it names no address, or is malformed anywhere.
inline std::optional<RemoteAddress> client_in_forwarded(std::string_view element) {
    std::optional<std::string> client;
    while (!(element = trimmed(element)).empty()) {
        if (!element.starts_with(';')) {
            const std::string_view name = element.substr(0, element.find('='));
            if (name.size() == element.size() || !is_token(name)) return std::nullopt;
            element.remove_prefix(name.size() + 1);
            auto value = detail::take_value(element);
            if (!value) return std::nullopt;
            if (same_name(name, "for")) {
                if (client) return std::nullopt;  // RFC 7239 §4: each parameter once
                client = std::move(value);
            }
            element = trimmed(element);
        }
        if (element.empty()) break;
        if (!element.starts_with(';')) return std::nullopt;
        element.remove_prefix(1);
    }
    return client ? detail::node(*client) : std::nullopt;
}

/// The client in an element of `X-Forwarded-For`. No RFC has its grammar: an IPv6 address is written with brackets and without.
inline std::optional<RemoteAddress> client_in_x_forwarded_for(std::string_view element) {
    const auto alone = RemoteAddress::parse_address(element);
    return alone ? alone : detail::node(element);
}

/// Calls `use` with each element of all headers of that name, from the last to the first, until it says false. Empty ones are passed over
/// (RFC 9110 §5.6.1.2).
template <class Use>
void each_element_from_the_right(const HttpHeaders& headers, std::string_view name, Use&& use) {
    for (auto field = headers.rbegin(); field != headers.rend(); ++field) {
        if (!same_name(field->first, name)) continue;
        for (std::string_view rest = field->second; !rest.empty();) {
            const std::string_view element = detail::take_last(rest);
            if (!element.empty() && !use(element)) return;
        }
    }
}

}  // namespace kingbolt::forwarded
