// The hub of the README, word for word. It proves that the README compiles; what each line does is told by 01 to 06.
#include <kingbolt/kingbolt.hpp>
#include <kingbolt/transport/native.hpp>

#include <asio/io_context.hpp>

#include <chrono>
#include <iostream>

// [hub]
namespace kb = kingbolt;
using namespace kb::literals;
using namespace std::chrono_literals;

int main() {
    asio::io_context io;
    kb::transport::Native server{io, {.port = 9002}};

    kb::Hub hub{server,  // policies: plain values, in any order
                kb::KeepAlive{.ping_interval = 30s, .pong_timeout = 10s, .max_missed_pongs = 3},
                kb::RateLimiter{.per_second = 50, .burst = 100}, kb::Outbox{.max_bytes = 1_MiB, .when_full = kb::WhenFull::disconnect},
                kb::On{[](const kb::event::Closed& e) { std::clog << kb::describe(e) << '\n'; }}};

    hub.on_message([&](kb::Session& from, kb::Message message) {
        from.subscribe("lobby");
        hub.publish("lobby", message);
    });
    io.run();
}
// [hub]
