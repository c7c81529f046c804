// A call that blocks fails until the breaker opens, and is answered with the last good answer from then on.

#include <kingbolt/circuit_breaker.hpp>

#include <stdexcept>

int main() {
    namespace kb = kingbolt;
    bool up = true;
    kb::CircuitBreaker half{[&up](int n) {
                                if (!up) throw std::runtime_error{"down"};
                                return n / 2;
                            },
                            kb::ConsecutiveFailures{.threshold = 2}, kb::StaleCache{}};
    if (const auto live = half(8); !live || *live != 4 || live.stale()) return 1;
    up = false;
    for (int i = 0; i < 2; ++i) half(8);
    const auto stale = half(8);
    return half.state() == kb::BreakerState::open && stale.stale() && *stale == 4 ? 0 : 2;
}
