// expect: kingbolt: slot::stale_cache is filled twice
#include <kingbolt/circuit_breaker.hpp>

void f() {
    kingbolt::CircuitBreaker breaker{[] { return 1; }, kingbolt::StaleCache{}, kingbolt::StaleCache{}};
}
