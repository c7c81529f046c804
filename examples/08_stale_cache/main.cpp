// 08 · Stale cache: while a service is down its callers keep seeing the last good answer, marked stale, with its age.
//
// Proves: an awaited call with a timeout, retries and a cache never throws and never hangs: it gives a live answer, an older one that says
// so, or a reason. The watch lets the breaker find out by itself that the service is back.
// Does not prove: that stale is good enough. That depends on the data, and is what `max_age` is for.

#include <kingbolt/circuit_breaker.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>

namespace kb = kingbolt;
using namespace std::chrono_literals;

namespace {

enum class Mood { well, failing, hanging };

asio::awaitable<void> wait(kb::Duration duration) {
    asio::steady_timer timer{co_await asio::this_coro::executor, duration};
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

int main() {
    asio::io_context io;
    Mood mood = Mood::well;
    int load = 41;

    // [breaker]
    kb::CircuitBreaker status{[&](std::string agent) -> asio::awaitable<std::string> {
                                  if (mood == Mood::failing) throw std::runtime_error{"connection refused"};
                                  if (mood == Mood::hanging) co_await wait(1h);
                                  co_return agent + " at " + std::to_string(++load) + " %";
                              },
                              kb::ConsecutiveFailures{.threshold = 3, .open_for = 300ms},
                              kb::StaleCache{.capacity = 1'024, .max_age = 1h},
                              kb::Retry<>{.max_attempts = 2, .backoff = {.base = 10ms, .cap = 20ms}},
                              kb::Timeout{50ms},
                              kb::On{[](const kb::event::BreakerChanged& e) { std::cout << "breaker " << to_string(e.to) << '\n'; }}};
    // [breaker]

    const auto show = [&]() -> asio::awaitable<void> {
        const kb::Reply<std::string> reply = co_await status("agent-7");
        if (!reply)
            std::cout << "unavailable: " << to_string(reply.reason()) << '\n';
        else if (reply.stale())
            std::cout << *reply << ", " << kb::milliseconds(reply.age()) << " ms ago (" << to_string(reply.reason()) << ")\n";
        else
            std::cout << *reply << '\n';
    };

    const auto story = [&]() -> asio::awaitable<void> {
        co_await show();
        mood = Mood::failing;
        co_await wait(20ms);
        co_await show();
        mood = Mood::hanging;
        co_await show();
        co_await show();  // open: at once
        mood = Mood::well;
        co_await wait(350ms);
        co_await show();
        io.stop();
    };

    asio::co_spawn(io, status.watch_and_probe("agent-7"), asio::detached);
    asio::co_spawn(io, story(), asio::detached);
    io.run();
}
