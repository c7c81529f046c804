// A liveness policy that never says when it is due.
// expect: kingbolt: slot::liveness wants a Liveness \(concepts/liveness.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Hasty : kingbolt::NoKeepAlive {
    static void due(const State&) = delete;
};

void f(StubTransport& transport) { kingbolt::Hub hub{transport, Hasty{}}; }
