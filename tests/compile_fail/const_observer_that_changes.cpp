// An observer that counts, given as const: it would hear nothing.
// expect: kingbolt: slot::observer wants an Observer: a callable that accepts an event \(concepts/observer.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Counter {
    using slot = kingbolt::slot::observer;
    int closed = 0;
    void operator()(const kingbolt::event::Closed&) { ++closed; }
};

void f(StubTransport& transport, const Counter& observer) { kingbolt::Hub hub{transport, observer}; }
