#pragma once
// Asio's types as the transports use them: bound to the io_context's own executor, which spares each handler a type-erased one.

#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>

#include <chrono>

namespace kingbolt::transport::detail {

using Executor = asio::io_context::executor_type;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace kingbolt::transport::detail
