#pragma once
// The hub with all policies, counted for Prometheus. A unit of its own, because the compiler takes long enough over each of these servers.

#include "options.hpp"

namespace fanout {

/// Over the native transport.
void serve_metered(const Options& options);

}  // namespace fanout
