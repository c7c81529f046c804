// Two policies for one question.
// expect: kingbolt: slot::liveness is filled twice
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

void f(StubTransport& transport) { kingbolt::Hub hub{transport, kingbolt::KeepAlive{}, kingbolt::RateLimiter{}, kingbolt::NoKeepAlive{}}; }
