// A rate limit that answers with a bool, not with an Admission.
// expect: kingbolt: slot::rate_limit wants a RateLimit \(concepts/rate_limit.hpp\)
#include <kingbolt/hub.hpp>

#include "stub_transport.hpp"

struct Doorman {
    using slot = kingbolt::slot::rate_limit;
    struct State {};
    bool admit(State&, kingbolt::TimePoint, std::uint32_t) const { return true; }
};

void f(StubTransport& transport) { kingbolt::Hub hub{transport, Doorman{}}; }
