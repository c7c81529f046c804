// A transport whose connections cannot be dropped.
// expect: kingbolt: the first argument of Hub wants a Transport \(concepts/transport.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Sticky : StubTransport {
    struct Connection : StubTransport::Connection {
        void abort() = delete;
    };
    void attach(kingbolt::TransportEvents<Connection>&);
};

void f(Sticky& transport) { kingbolt::Hub hub{transport}; }
