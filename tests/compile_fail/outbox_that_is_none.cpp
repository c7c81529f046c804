// Options for the outbox that are not an Outbox.
// expect: kingbolt: slot::outbox wants an Outbox \(policy/outbox.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Mailbag {
    using slot = kingbolt::slot::outbox;
    std::size_t max_bytes = 5;
};

void f(StubTransport& transport) { kingbolt::Hub hub{transport, Mailbag{}}; }
