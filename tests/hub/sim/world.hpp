#pragma once
// The world under test is a Simulation: virtual time, and nothing outside this process.

#include "support/catch.hpp"

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace kingbolt::test {

using namespace std::chrono_literals;
using namespace kingbolt::literals;

using Transport = testing::SimulatedTransport;
using Client = testing::Peer;

struct WorldOptions {
    std::size_t send_buffer = 256_KiB;  ///< of the server's kernel, per connection
    std::size_t max_message = 16_MiB;   ///< from a client
    std::uint64_t seed = 1;
};

class World {
public:
    explicit World(WorldOptions options = {})
        : sim{options.seed, {.send_buffer = options.send_buffer, .max_message = options.max_message}} {}

    Transport& transport() noexcept { return sim.transport(); }
    testing::ManualClock& clock() noexcept { return sim.clock(); }

    /// Begins its handshake.
    Client& connect(testing::PeerOptions options = {}) {
        clients_.push_back(&sim.connect(std::move(options)));
        return *clients_.back();
    }
    bool until(const std::function<bool()>& condition) { return sim.run_until(condition, 10min); }
    void run_for(Duration duration) { sim.run_for(duration); }
    /// Calls `f` from where another thread would.
    template <class F>
    void elsewhere(F&& f) {
        sim.from_other_thread(std::forward<F>(f));
    }

    /// Every client goes, the rude way.
    void hang_up() {
        for (Client* client : clients_) client->reset();
    }
    /// Every frame that the clients saw was valid, and the server's side of the wire is empty.
    void check_nothing_left() {
        for (const Client* client : clients_) CHECK(client->violations() == std::vector<std::string>{});
        CHECK(sim.run_until_idle(1min));
        CHECK(sim.live_connections() == 0);
        CHECK(sim.buffered_bytes() == 0);
    }

    testing::Simulation sim;

private:
    std::vector<Client*> clients_;
};

}  // namespace kingbolt::test
