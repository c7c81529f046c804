#pragma once
// What a client is told once: where to go, who it is, and its bounds.

#include <kingbolt/client/url.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/core/identity.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/policy/backoff.hpp>
#include <kingbolt/policy/seed.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kingbolt {

namespace client {

/// What shows the server who the client is.
struct Token {
    std::string text{};                    ///< what is shown; empty: nothing
    std::optional<WallTime> expires_at{};  ///< by the server's clock; none: the `exp` of a JWT counts, and what is no JWT has no end
};

/// Answers the question for a token, now or later, from any thread, while the client's executor is there. None: there is none to be had at
/// present. An answer that comes too late is ignored.
using TokenDone = std::function<void(std::optional<Token>)>;

/// Where the token goes.
enum class TokenIn : std::uint8_t {
    authorization,  ///< of the upgrade request: `Authorization: Bearer …`
    subprotocol,    ///< of the upgrade request, as `bearer.…`: what browsers can do
    hello,          ///< the first message, for servers that let everybody in before
};

namespace detail {

/// Whether it may go there. An empty one goes nowhere; the others may be in a header, which a line break would end.
constexpr bool fits(std::string_view token, TokenIn place) noexcept {
    return token.empty() || (place == TokenIn::subprotocol ? is_token(token) : is_field_value(token));
}

}  // namespace detail

}  // namespace client

/// What a client is told once. Ranges stand beside the options.
struct ClientOptions {
    std::string url{};                                          ///< `ws://host:port/path?query`; `wss` takes kingbolt/client/tls.hpp
    HttpHeaders headers{};                                      ///< of the upgrade request, beside those of the handshake
    std::string token{};                                        ///< a constant one; empty for none
    std::function<void(client::TokenDone)> token_source{};      ///< asked before each attempt, and before a token ends; instead of `token`
    client::TokenIn token_in = client::TokenIn::authorization;  ///< where the token goes

    Backoff backoff{.base = std::chrono::milliseconds{500},
                    .cap = std::chrono::seconds{30}};     ///< between attempts, unless the server says when
    Duration stable_after = std::chrono::seconds{60};     ///< the back-off begins anew after a connection that lasted so long; 0 to 24 h
    Duration connect_timeout = std::chrono::seconds{10};  ///< for a token, and again from the attempt to `welcome`; 10 ms to 10 min
    Duration close_timeout = std::chrono::seconds{5};     ///< for the server's part of a closing handshake; 10 ms to 10 min
    /// A connection is dead after 1.5 × the server's `ping_ms` and this without a byte; 10 ms to 10 min. Where `ping_ms` is 0 it is never.
    Duration liveness_margin = std::chrono::seconds{10};
    Duration call_deadline = std::chrono::seconds{30};  ///< of a call that names none; 1 ms to 5 min

    std::size_t max_queued = 1'000;              ///< publications and calls that wait for a connection
    std::size_t max_queued_bytes = 1024 * 1024;  ///< of their names and JSON; also of what the network has not taken yet
    std::size_t max_message = 16 * 1024 * 1024;  ///< bytes; of a larger one the client closes with 1009; 1 KiB to 1 GiB
    Seed seed{};                                 ///< of the back-off

    /// Throws InvalidOption.
    void validate() const;
};

inline void ClientOptions::validate() const {
    using namespace std::chrono_literals;
    const auto within = [](const char* name, Duration value, Duration least, Duration most, const char* range, const char* cure) {
        if (value < least || value > most)
            throw InvalidOption{std::string{"ClientOptions."} + name, std::to_string(milliseconds(value)) + " ms", range, cure};
    };
    client::parse_url(url);
    const auto is_ours = [this](std::string_view name) {
        constexpr std::array<std::string_view, 9> ours{"Host",
                                                       "Upgrade",
                                                       "Connection",
                                                       "Content-Length",
                                                       "Transfer-Encoding",
                                                       "Sec-WebSocket-Key",
                                                       "Sec-WebSocket-Version",
                                                       "Sec-WebSocket-Protocol",
                                                       "Sec-WebSocket-Extensions"};
        const bool shows_token = token_in == client::TokenIn::authorization && (!token.empty() || token_source);
        return (shows_token && same_name(name, "Authorization")) ||
               std::ranges::any_of(ours, [name](std::string_view one) { return same_name(name, one); });
    };
    for (const auto& [name, value] : headers) {
        if (!is_token(name) || !is_field_value(value))
            throw InvalidOption{"ClientOptions.headers", '"' + name + '"', "names and values of HTTP", "leave out line breaks"};
        if (is_ours(name))
            throw InvalidOption{"ClientOptions.headers", '"' + name + '"', "headers that the client does not write itself", "leave it out"};
    }
    if (!token.empty() && token_source)
        throw InvalidOption{"ClientOptions.token_source", "beside a token", "one of the two", "leave out the token"};
    if (!client::detail::fits(token, token_in))
        throw InvalidOption{"ClientOptions.token", "a text", "what fits into a header", "check where it comes from"};
    backoff.validate();
    within("stable_after", stable_after, 0ms, 24h, "0 to 24 h", "use 60 s");
    within("connect_timeout", connect_timeout, 10ms, 10min, "10 ms to 10 min", "use 10 s");
    within("close_timeout", close_timeout, 10ms, 10min, "10 ms to 10 min", "use 5 s");
    within("liveness_margin", liveness_margin, 10ms, 10min, "10 ms to 10 min", "use 10 s");
    within("call_deadline", call_deadline, 1ms, 5min, "1 ms to 5 min", "use 30 s");
    if (max_message < 1024 || max_message > 1024UL * 1024 * 1024)
        throw InvalidOption{"ClientOptions.max_message", std::to_string(max_message), "1 KiB to 1 GiB", "use 16 MiB"};
}

}  // namespace kingbolt
