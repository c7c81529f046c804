#pragma once
// What kind of client a simulated peer is.

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace kingbolt::testing {

/// What a peer sends once its TCP connection stands.
enum class Handshake : std::uint8_t {
    websocket,   ///< an upgrade request (RFC 6455 §4.1)
    silent,      ///< nothing
    half,        ///< the first half of an upgrade request
    malformed,   ///< bytes that are not HTTP
    plain_http,  ///< a GET that asks for no upgrade
};

/// As fast as it comes.
inline constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

/// Sizes are bytes; durations are one way. Everything may be changed later through Peer where that makes sense.
struct PeerOptions {
    bool answers_pings = true;                        ///< at once
    bool answers_close = true;                        ///< likewise
    Duration latency = std::chrono::milliseconds{1};  ///< one way
    Duration latency_jitter{};                        ///< up to this much more, drawn for each segment; order is kept
    std::size_t reads_per_second = unlimited;         ///< bytes that the client takes out of its receive buffer
    std::size_t receive_buffer = 64_KiB;              ///< the TCP window it offers, at least 1
    Handshake handshake = Handshake::websocket;       ///< what it says first
    std::string target = "/";                         ///< path and query
    std::vector<std::string> subprotocols{};
    HttpHeaders headers{};       ///< besides those of the handshake
    std::string remote{};        ///< empty: an address of 10.0.0.0/8 of its own
    bool keeps_messages = true;  ///< false: `received()` stays empty, for runs that are long
};

}  // namespace kingbolt::testing
