#pragma once
// Tests of what every transport must do are built once for each; this build is about the native one.

#include <kingbolt/transport/native.hpp>

#include <cstddef>

namespace kingbolt::test {

using TransportUnderTest = transport::Native<>;
using TransportOptions = transport::NativeOptions;
inline constexpr const char* options_name = "NativeOptions";
/// Bytes of TCP that carry so many of WebSocket.
constexpr std::size_t on_wire(std::size_t size) { return size; }

}  // namespace kingbolt::test
