// An observer that accepts no event.
// expect: kingbolt: slot::observer wants an Observer: a callable that accepts an event \(concepts/observer.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Deaf {
    using slot = kingbolt::slot::observer;
    void operator()(int) {}
};

void f(StubTransport& transport, Deaf& observer) { kingbolt::Hub hub{transport, observer}; }
