// 07 · Circuit breaker: a service that fails is left alone for a while, and its callers are told when to come back instead of waiting.
//
// Proves: five failures open the breaker, calls are then rejected at once, one probe finds out whether the service is back, and its first
// success closes the breaker. Each change is an event.
// Does not prove: that rejecting is enough. What callers want is an answer: the next example keeps the last good one.

#include <kingbolt/circuit_breaker.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

namespace kb = kingbolt;
using namespace std::chrono_literals;

int main() {
    bool up = false;
    kb::CircuitBreaker status{[&up](const std::string& agent) {
                                  if (!up) throw std::runtime_error{"connection refused"};
                                  return agent + " is idle";
                              },
                              kb::ConsecutiveFailures{.threshold = 5, .open_for = 200ms}, kb::BreakerName{"status"},
                              kb::On{[](const kb::event::BreakerChanged& e) {
                                  std::cout << e.breaker << ": " << to_string(e.from) << " -> " << to_string(e.to) << ", "
                                            << to_string(e.reason) << '\n';
                              }}};

    const auto ask = [&status] {
        const kb::Reply<std::string> reply = status("agent-7");
        if (reply)
            std::cout << *reply << '\n';
        else
            std::cout << to_string(reply.reason()) << ": " << reply.error().message() << ", retry after "
                      << kb::milliseconds(reply.retry_after()) << " ms\n";
    };

    for (int i = 0; i < 6; ++i) ask();
    up = true;
    ask();  // nobody has looked yet
    std::this_thread::sleep_for(250ms);
    ask();
}
