// A policy for a question that a hub does not ask.
// expect: kingbolt: a policy names a slot that a hub does not have \(concepts/slot.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Colour {
    struct slot {};
};

void f(StubTransport& transport) { kingbolt::Hub hub{transport, Colour{}}; }
