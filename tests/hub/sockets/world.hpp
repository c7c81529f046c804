#pragma once
// The world under test is a transport over loopback sockets. The hub's loop and all clients take turns in the
// test's one thread, so that a test may look at either between two turns; every wait has a deadline.

#include "client.hpp"
#include "support/catch.hpp"
#include "transport_under_test.hpp"

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/steady_clock.hpp>
#include <kingbolt/testing/peer_options.hpp>

#include <asio/io_context.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kingbolt::test {

using namespace std::chrono_literals;
using namespace kingbolt::literals;

using Transport = TransportUnderTest;

struct WorldOptions {
    std::size_t send_buffer = 0;       ///< of the server's kernel, per connection; 0 leaves it to the kernel
    std::size_t max_message = 16_MiB;  ///< from a client
};

class World {
public:
    explicit World(WorldOptions options = {}) : server_{io_, {.max_message = options.max_message, .send_buffer = options.send_buffer}} {}

    Transport& transport() noexcept { return server_; }
    SteadyClock clock() const noexcept { return {}; }

    /// Begins its handshake.
    Client& connect(testing::PeerOptions options = {}) { return clients_.emplace_back(server_.port(), std::move(options)); }

    bool until(const std::function<bool()>& condition) {
        const auto deadline = WaitClock::now() + patience;
        while (!condition()) {
            if (WaitClock::now() >= deadline) return false;
            turn();
        }
        return true;
    }
    void run_for(Duration duration) {
        const auto deadline = WaitClock::now() + duration;
        while (WaitClock::now() < deadline) turn();
    }
    /// Calls `f` in another thread, and waits for it.
    template <class F>
    void elsewhere(F&& f) {
        std::thread{std::forward<F>(f)}.join();
    }
    /// One turn of everybody; a millisecond where nobody has anything to do.
    void turn() {
        bool idle = io_.poll() == 0;
        for (Client& client : clients_)
            if (client.pump()) idle = false;
        io_.restart();
        if (idle) io_.run_one_for(1ms);
        io_.restart();
    }

    /// Every client goes, the rude way.
    void hang_up() {
        for (Client& client : clients_) client.reset();
    }
    /// Every frame that the clients saw was valid.
    void check_nothing_left() {
        for (const Client& client : clients_) CHECK(client.violations() == std::vector<std::string>{});
    }

private:
    asio::io_context io_;
    Transport server_;
    std::deque<Client> clients_;
};

}  // namespace kingbolt::test
