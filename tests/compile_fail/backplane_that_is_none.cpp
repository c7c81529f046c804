// Something that names the slot and links nothing.
// expect: kingbolt: slot::backplane wants a Backplane \(concepts/backplane.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Plank {
    using slot = kingbolt::slot::backplane;
};

void f(StubTransport& transport) { kingbolt::Hub hub{transport, Plank{}}; }
