#pragma once
// Where a WebSocket server is (RFC 6455 §3).

#include <kingbolt/core/error.hpp>
#include <kingbolt/core/http_grammar.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kingbolt::client {

struct Url {
    bool secure = false;      ///< wss
    std::string host{};       ///< a name or an address, without brackets
    std::string port{};       ///< digits
    std::string authority{};  ///< as the header Host wants it
    std::string target{};     ///< path and query
};

/// `ws://host`, `wss://host:port/path?query`, `ws://[::1]:9002/`. Throws InvalidOption for anything else, and for a URL with a user or a
/// fragment.
inline Url parse_url(std::string_view text) {
    const auto refuse = [text](const char* cure) {
        throw InvalidOption{"ClientOptions.url", '"' + std::string{text.substr(0, 100)} + '"', "ws://host:port/path or wss://…", cure};
    };
    Url url;
    std::string_view rest = text;
    url.secure = rest.starts_with("wss://");
    if (!url.secure && !rest.starts_with("ws://")) refuse("begin it with ws:// or wss://");
    rest.remove_prefix(url.secure ? 6 : 5);
    const auto visible = [](char c) { return c > ' ' && c < 0x7F && c != '#'; };
    if (!std::ranges::all_of(rest, visible)) refuse("percent-encode what is not ASCII, and leave out the fragment");

    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    url.authority = rest.substr(0, end);
    url.target = rest.substr(end);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    if (url.authority.find('@') != std::string::npos) refuse("leave out the user: give a token instead");
    if (!is_host(url.authority)) refuse("name a host");

    const bool bracketed = url.authority.starts_with('[');
    const std::size_t host_end = std::min(bracketed ? url.authority.find(']') : url.authority.find(':'), url.authority.size());
    url.host = url.authority.substr(bracketed ? 1 : 0, bracketed ? host_end - 1 : host_end);
    if (url.host.empty()) refuse("name a host");
    const std::size_t colon = url.authority.find(':', host_end);
    url.port = colon == std::string::npos ? (url.secure ? "443" : "80") : url.authority.substr(colon + 1);
    std::uint16_t number = 0;
    const auto [stop, error] = std::from_chars(url.port.data(), url.port.data() + url.port.size(), number);
    if (error != std::errc{} || stop != url.port.data() + url.port.size() || number == 0) refuse("give a port from 1 to 65535");
    return url;
}

}  // namespace kingbolt::client
