// A deadline for a call that cannot be left.
// expect: kingbolt: slot::timeout wants an asynchronous call: one that blocks cannot be left \(use SlowCalls\)
#include <kingbolt/circuit_breaker.hpp>

void f() {
    kingbolt::CircuitBreaker breaker{[] { return 1; }, kingbolt::Timeout{}};
}
