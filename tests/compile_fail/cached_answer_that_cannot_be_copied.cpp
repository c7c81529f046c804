// expect: kingbolt: slot::stale_cache and slot::single_flight want an answer that can be copied \(use std::shared_ptr<const T>\)
#include <kingbolt/circuit_breaker.hpp>

#include <memory>

void f() {
    kingbolt::CircuitBreaker breaker{[] { return std::make_unique<int>(1); }, kingbolt::StaleCache{}};
}
