#pragma once
// Sec-WebSocket-Accept: the proof that the server understood a WebSocket handshake (RFC 6455 §4.2.2, item 5).

#include <kingbolt/engine/base64.hpp>
#include <kingbolt/engine/sha1.hpp>

#include <string>
#include <string_view>

namespace kingbolt::engine {

/// For the value of Sec-WebSocket-Key.
inline std::string accept_key(std::string_view key) {
    return base64(Sha1::of(std::string{key}.append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
}

}  // namespace kingbolt::engine
