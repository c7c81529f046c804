#pragma once
// The executor that Asio's objects are bound to here: the io_context's own, which spares each handler a type-erased one.

#include <asio/io_context.hpp>

namespace kingbolt::transport::detail {

using Executor = asio::io_context::executor_type;

}  // namespace kingbolt::transport::detail
