#pragma once
// Tests of what every transport must do are built once for each; this build is about the one by websocketpp.

#include <kingbolt/transport/websocketpp.hpp>

#include <cstddef>

namespace kingbolt::test {

using TransportUnderTest = transport::Websocketpp;
using TransportOptions = transport::WebsocketppOptions;
inline constexpr const char* options_name = "WebsocketppOptions";
/// Bytes of TCP that carry so many of WebSocket.
constexpr std::size_t on_wire(std::size_t size) { return size; }

}  // namespace kingbolt::test
