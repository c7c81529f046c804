// A clock that one cannot read.
// expect: kingbolt: slot::clock wants a Clock \(concepts/clock.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Sundial {
    using slot = kingbolt::slot::clock;
};

void f(StubTransport& transport, Sundial& clock) { kingbolt::Hub hub{transport, clock}; }
