// A simulated client whose machine vanishes: the installed headers say why the hub let it go.

#include <kingbolt/hub.hpp>
#include <kingbolt/testing/journal.hpp>
#include <kingbolt/testing/simulation.hpp>
#include <kingbolt/version.hpp>

#include <chrono>
#include <string>

int main() {
    namespace kb = kingbolt;
    static_assert(KINGBOLT_VERSION / 10000 == KINGBOLT_VERSION_MAJOR && KINGBOLT_VERSION / 100 % 100 == KINGBOLT_VERSION_MINOR &&
                  KINGBOLT_VERSION % 100 == KINGBOLT_VERSION_PATCH);
    const auto header_version = std::to_string(KINGBOLT_VERSION_MAJOR) + '.' + std::to_string(KINGBOLT_VERSION_MINOR) + '.' +
                                std::to_string(KINGBOLT_VERSION_PATCH);
    if (header_version != PACKAGE_VERSION) return 1;

    kb::testing::Simulation sim{1};
    kb::testing::Journal journal;
    kb::Hub hub{sim.transport(), sim.clock(), kb::Seed{sim.seed()}, journal};

    auto& peer = sim.open();
    peer.vanish();
    sim.run_for(std::chrono::minutes{3});
    return journal.closed(peer).cause == kb::Cause::pong_timeout ? 0 : 2;
}
