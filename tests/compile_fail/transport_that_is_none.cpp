// Something that carries nothing.
// expect: kingbolt: the first argument of Hub wants a Transport \(concepts/transport.hpp\)
#include <kingbolt/hub.hpp>

struct Pigeon {};

void f(Pigeon& pigeon) { kingbolt::Hub hub{pigeon}; }
