// On{...} around a callable that accepts no event.
// expect: kingbolt: slot::observer wants an Observer: On{...} takes a callable that accepts an event \(concepts/observer.hpp\)
#include <kingbolt/policy/on.hpp>

auto f() {
    return kingbolt::On{[](int) {}};
}
