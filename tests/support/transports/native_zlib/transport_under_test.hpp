#pragma once
// Tests of what a transport does that compresses messages; this build is about the native one with zlib.

#include <kingbolt/compression/zlib.hpp>
#include <kingbolt/transport/native.hpp>

namespace kingbolt::test {

using TransportUnderTest = transport::Native<compression::Zlib>;
using TransportOptions = transport::NativeOptions;

}  // namespace kingbolt::test
