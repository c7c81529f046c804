// Something in the slot of the trip rules that is none.
// expect: kingbolt: slot::trip_rule wants a TripRule \(concepts/trip_rule.hpp\)
#include <kingbolt/circuit_breaker.hpp>

struct Whim {
    using slot = kingbolt::slot::trip_rule;
};

void f() {
    kingbolt::CircuitBreaker breaker{[] { return 1; }, Whim{}};
}
