// A callable that has not been wrapped in On{...}.
// expect: kingbolt: an argument of Hub is not a policy: it has no `slot` \(a lambda wants On{...}; see concepts/slot.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

void f(StubTransport& transport) {
    kingbolt::Hub hub{transport, [](const kingbolt::event::Closed&) {}};
}
