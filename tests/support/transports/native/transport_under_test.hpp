#pragma once
// Tests of what every transport must do are built once for each; this build is about the native one.

#include <kingbolt/transport/native.hpp>

namespace kingbolt::test {

using TransportUnderTest = transport::Native<>;
using TransportOptions = transport::NativeOptions;
inline constexpr const char* options_name = "NativeOptions";

}  // namespace kingbolt::test
