#pragma once
#include <kingbolt/transport/native/server.hpp>
namespace kingbolt::transport::native {
inline void Connection::take_head(std::span<char>) {}
}  // namespace kingbolt::transport::native
