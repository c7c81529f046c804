// A hub that breaks a rule of concepts/transport.hpp is told which.

#include "recording_hub.hpp"
#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using kb::testing::ContractViolation;
using kb::testing::Simulation;

namespace {

// `wrong` runs in the hub's callback `when`, as a hub would; the text names the broken rule.
std::string rule_broken_by(const std::function<void(RecordingHub&, RecordingHub::Connection&)>& wrong) {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_opened = [&](auto& connection) { wrong(hub, connection); };
    sim.connect();
    try {
        sim.run_for(1s);
    } catch (const ContractViolation& violation) {
        return violation.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("a hub that breaks a rule is told which") {
    using kb::CloseCode;
    CHECK(rule_broken_by([](auto&, auto&) {}) == "none");
    CHECK(rule_broken_by([](auto& hub, auto& connection) {
              connection.close(CloseCode::come_back, "");
              hub.write("x");
          }) == "peer 1: write after close");
    CHECK(rule_broken_by([](auto&, auto& connection) {
              connection.close(CloseCode::come_back, "");
              connection.close(CloseCode::come_back, "");
          }) == "peer 1: close after close");
    CHECK(rule_broken_by([](auto& hub, auto& connection) {
              connection.abort();
              hub.write("x");
          }) == "peer 1: write after abort");
    CHECK(rule_broken_by([](auto&, auto& connection) { connection.write({}); }) == "peer 1: write of nothing");
    CHECK(rule_broken_by([](auto&, auto& connection) { connection.close(CloseCode::abnormal, ""); }) ==
          "peer 1: close with a code that nobody may send (RFC 6455 section 7.4)");
    CHECK(rule_broken_by([](auto&, auto& connection) { connection.close(CloseCode::come_back, std::string(124, 'x')); }) ==
          "peer 1: close with a reason over 123 bytes (RFC 6455 section 5.5)");
}

TEST_CASE("a hub that swallows the violation is told again, once") {
    Simulation sim{1};
    RecordingHub hub{sim};
    hub.when_opened = [](auto& connection) {
        try {
            connection.write({});
        } catch (...) {
        }
    };
    sim.connect();
    CHECK_THROWS_WITH(sim.run_for(1s), "peer 1: write of nothing");
    CHECK_NOTHROW(sim.run_for(1s));
}

TEST_CASE("nothing may be sent before the connection is open, and abort is the way to end it") {
    Simulation sim{1};
    RecordingHub hub{sim};
    auto& peer = sim.connect({.handshake = kb::testing::Handshake::silent});
    sim.run_for(1s);
    CHECK_THROWS_WITH(hub.write("x"), "peer 1: write before on_opened");
    CHECK_THROWS_WITH(hub.connection().close(kb::CloseCode::come_back, ""), "peer 1: close before on_opened");
    hub.connection().abort();
    sim.run_for(1s);
    CHECK(hub.log.back() == "closed application_close");
    CHECK(peer.end() == kb::testing::PeerEnd::server_reset);
}
