// A hub that is counted: one client comes, and the page says so.

#include <kingbolt/hub.hpp>
#include <kingbolt/metrics.hpp>
#include <kingbolt/testing/simulation.hpp>

#include <string>

int main() {
    namespace kb = kingbolt;
    kb::testing::Simulation sim{1};
    kb::metrics::HubMetrics counted;
    kb::Hub hub{sim.transport(), sim.clock(), counted};
    sim.open();
    kb::metrics::Page page;
    counted.write(page, hub.stats());
    return page.text().find("\nkingbolt_upgrades_total 1\n") != std::string::npos ? 0 : 1;
}
