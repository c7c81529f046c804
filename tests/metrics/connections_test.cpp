// Who comes, who is sent away, who goes, and why.

#include "hub/doorman.hpp"
#include "metrics/metered_hub.hpp"

#include <kingbolt/policy/admission_control.hpp>

#include <stdexcept>
#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("connections are shown by what they are in") {
    World world;
    Metered metered{world};
    const auto in = [&](const char* state) { return metered.value("kingbolt_connections", {{"state", state}}); };
    world.connect({.handshake = kb::testing::Handshake::silent});
    metered.open();
    auto& stubborn = metered.open({.answers_close = false});
    world.run_for(100ms);
    CHECK(in("handshake") == 1);
    CHECK(in("open") == 2);
    CHECK(in("closing") == 0);
    metered.hub.close(metered.session(2).id());
    world.run_for(1s);
    CHECK(in("open") == 1);
    CHECK(in("closing") == 1);
    REQUIRE(world.until([&] { return stubborn.has_ended(); }));
    world.run_for(1s);
    CHECK(in("closing") == 0);
    world.run_for(20s);
    CHECK(in("handshake") == 0);
    CHECK(in("open") == 1);
}

TEST_CASE("what closes in a queue's time, or is cut while it does, is closing until it has ended") {
    World world{{.send_buffer = 4_KiB}};
    Metered metered{world};
    auto& slow = metered.open({.receive_buffer = 4_KiB});
    slow.stop_reading();
    for (int i = 0; i < 32; ++i) CHECK_FALSE(metered.session().send(std::string(1'000, 'x')));
    world.run_for(100ms);
    metered.hub.close(metered.session().id());
    world.run_for(1s);
    CHECK(metered.value("kingbolt_connections", {{"state", "closing"}}) == 1);
    world.run_for(10s);
    CHECK(metered.value("kingbolt_connections", {{"state", "closing"}}) == 0);
    CHECK(metered.value("kingbolt_connections_closed_total", {{"cause", "application_close"}, {"upgraded", "yes"}}) == 1);
}

TEST_CASE("accepted connections, completed upgrades and ends are counted, ends by cause and by how far they had come") {
    World world;
    Metered metered{world};
    const auto closed = [&](const char* cause, const char* upgraded) {
        return metered.value("kingbolt_connections_closed_total", {{"cause", cause}, {"upgraded", upgraded}});
    };
    metered.open().close();
    metered.open().reset();
    world.connect({.handshake = kb::testing::Handshake::plain_http});
    world.connect({.handshake = kb::testing::Handshake::malformed});
    world.connect({.handshake = kb::testing::Handshake::half});
    world.run_for(30s);
    CHECK(metered.value("kingbolt_connections_accepted_total") == 5);
    CHECK(metered.value("kingbolt_upgrades_total") == 2);
    CHECK(closed("client_close", "yes") == 1);
    CHECK(closed("reset_by_peer", "yes") == 1);
    CHECK(closed("http_request", "no") == 1);
    CHECK(closed("bad_handshake", "no") == 1);
    CHECK(closed("handshake_timeout", "no") == 1);
    CHECK(closed("client_close", "no") == 0);
}

TEST_CASE("every cause there is has its series from the beginning, so that its first time is an increase") {
    World world;
    Metered metered{world};
    for (std::size_t cause = 0; cause < kb::cause_count; ++cause)
        for (const char* upgraded : {"yes", "no"})
            CHECK(metered.value("kingbolt_connections_closed_total",
                                {{"cause", std::string{to_string(static_cast<kb::Cause>(cause))}}, {"upgraded", upgraded}}) == 0);
    CHECK(to_string(static_cast<kb::Cause>(kb::cause_count)) == "unknown");
}

TEST_CASE("refused upgrades are counted by cause") {
    World world;
    Metered metered{world};
    const auto rejected = [&](const char* cause) { return metered.value("kingbolt_upgrades_rejected_total", {{"cause", cause}}); };
    metered.hub.on_upgrade([](const kb::UpgradeRequest& request) {
        if (request.target == "/throw") throw std::runtime_error{"no"};
        if (request.target == "/other") return kb::UpgradeResponse::accept("other");
        return kb::UpgradeResponse::refuse(403);
    });
    for (const char* target : {"/no", "/no", "/other", "/throw"}) world.connect({.target = target});
    world.connect({.headers = {{"Origin", "http://evil.example"}}});
    world.run_for(1s);
    CHECK(rejected("upgrade_refused") == 2);
    CHECK(rejected("unoffered_subprotocol") == 1);
    CHECK(rejected("handler_error") == 1);
    CHECK(rejected("origin_refused") == 1);
    CHECK(metered.value("kingbolt_handler_errors_total") == 1);
}

TEST_CASE("connections that are turned away are counted by what they are told") {
    World world;
    Metered metered{world, kb::AdmissionControl{.max_connections = 3, .max_per_ip = 2}};
    const auto away = [&](const char* status) { return metered.value("kingbolt_connections_turned_away_total", {{"status", status}}); };
    for (int i = 0; i < 3; ++i) world.connect({.remote = "192.0.2.1:" + std::to_string(5000 + i)});
    world.run_for(1s);
    CHECK(away("429") == 1);
    CHECK(away("503") == 0);
    for (int i = 0; i < 2; ++i) world.connect({.remote = "192.0.2.2:" + std::to_string(5000 + i)});
    world.run_for(1s);
    CHECK(away("503") == 1);
    CHECK(metered.value("kingbolt_connections_accepted_total") == 3);
}

TEST_CASE("credentials are counted: accepted ones, and those that were not by reason, before the upgrade and after it") {
    World world;
    Doorman doorman;
    Metered metered{world, doorman, kb::NoKeepAlive{}};
    const auto failed = [&](const char* stage, const char* reason) {
        return metered.value("kingbolt_authentication_failures_total", {{"stage", stage}, {"reason", reason}});
    };
    const auto accepted = [&](const char* stage) { return metered.value("kingbolt_authentications_total", {{"stage", stage}}); };
    metered.open({.headers = token("good:ann:60")});
    world.connect();
    world.connect({.headers = token("throw")});
    for (int i = 0; i < 8; ++i) world.connect({.headers = token("bad"), .remote = "192.0.2.1:" + std::to_string(5000 + i)});
    world.run_for(1s);
    CHECK(accepted("upgrade") == 1);
    CHECK(failed("upgrade", "missing") == 1);
    CHECK(failed("upgrade", "unavailable") == 1);
    CHECK(failed("upgrade", "refused") + failed("upgrade", "locked") == 8);
    CHECK(failed("upgrade", "locked") > 0);
    CHECK(metered.value("kingbolt_upgrades_rejected_total", {{"cause", "unauthenticated"}}) == 9);

    const auto refresh = [&](const char* shown) { metered.session().refresh(shown, [](std::error_code) {}); };
    refresh("good:ann:90");
    CHECK(accepted("refresh") == 1);
    refresh("");
    CHECK(failed("refresh", "missing") == 1);
    refresh("throw");
    CHECK(failed("refresh", "unavailable") == 1);
    refresh("good:bob");
    CHECK(failed("refresh", "refused") == 1);
    for (int i = 0; i < 8; ++i) refresh("bad");
    CHECK(failed("refresh", "refused") + failed("refresh", "locked") == 9);
    CHECK(failed("refresh", "locked") > 0);
}

TEST_CASE("a drain is seen") {
    World world;
    Metered metered{world};
    auto& client = metered.open();
    CHECK(metered.value("kingbolt_draining") == 0);
    metered.hub.drain();
    CHECK(metered.value("kingbolt_draining") == 1);
    REQUIRE(world.until([&] { return client.has_ended(); }));
    world.run_for(1s);
    CHECK(metered.value("kingbolt_connections_closed_total", {{"cause", "server_drain"}, {"upgraded", "yes"}}) == 1);
}
