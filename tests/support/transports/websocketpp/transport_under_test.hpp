#pragma once
// Tests of what every transport must do are built once for each; this build is about the one by websocketpp.

#include <kingbolt/transport/websocketpp.hpp>

namespace kingbolt::test {

using TransportUnderTest = transport::Websocketpp;
using TransportOptions = transport::WebsocketppOptions;
inline constexpr const char* options_name = "WebsocketppOptions";

}  // namespace kingbolt::test
