// A hub's policy at a circuit breaker.
// expect: kingbolt: a policy names a slot that a circuit breaker does not have \(concepts/slot.hpp\)
#include <kingbolt/circuit_breaker.hpp>
#include <kingbolt/policy/keep_alive.hpp>

void f() {
    kingbolt::CircuitBreaker breaker{[] { return 1; }, kingbolt::KeepAlive{}};
}
