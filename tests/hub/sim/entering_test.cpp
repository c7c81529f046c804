// Who may connect, before anything is known but where it comes from.

#include "hub/doorman.hpp"
#include "hub/rig.hpp"

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;
using namespace kingbolt::event;

namespace {

std::string header(const Client& client, std::string_view name) {
    const kb::HttpRequest answer{.headers = client.response()->headers};
    return std::string{answer.header(name)};
}

}  // namespace

TEST_CASE("one address has 20 connections, is told 429 for more, and others do not notice") {
    World world;
    Rig rig{world, kb::AdmissionControl{.handshakes_per_ip = 1'000}};
    std::vector<Client*> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(&rig.open({.remote = "192.0.2.1:" + std::to_string(5000 + i)}));
    auto& one_more = world.connect({.remote = "192.0.2.1:6000"});
    REQUIRE(rig.until([&] { return one_more.has_ended(); }));
    CHECK(status(rig, one_more) == 429);
    CHECK(header(one_more, "Retry-After") == "10");
    const auto away = rig.journal.template of<TurnedAway>();
    REQUIRE(away.size() == 1);
    CHECK(away[0].remote == "192.0.2.1:6000");
    CHECK(away[0].reason == "too many connections from this address");
    CHECK(rig.hub.stats().turned_away == 1);
    CHECK(rig.hub.stats().accepted == 20);
    rig.open({.remote = "192.0.2.2:5000"});

    clients[7]->close();
    CHECK(rig.closed(*clients[7]).cause == kb::Cause::client_close);
    rig.open({.remote = "192.0.2.1:6001"});
}

TEST_CASE("all together have a bound, and are told 503 beyond it") {
    World world;
    Rig rig{world, kb::AdmissionControl{.max_connections = 2}};
    rig.open();
    auto& second = rig.open();
    auto& third = world.connect();
    REQUIRE(rig.until([&] { return third.has_ended(); }));
    CHECK(status(rig, third) == 503);
    second.reset();
    rig.closed(second);
    rig.open();
}

TEST_CASE("10 handshakes in 10 s are an address's share, whatever becomes of them") {
    World world;
    Rig rig{world, kb::AdmissionControl{}};
    const auto come = [&] {
        auto& client = world.connect({.remote = "192.0.2.1:5000"});
        REQUIRE(rig.until([&] { return client.upgrade_status() != 0; }));
        if (client.is_open()) client.close();
        return client.upgrade_status();
    };
    for (int i = 0; i < 10; ++i) CHECK(come() == 101);
    CHECK(come() == 429);
    world.run_for(1100ms);
    CHECK(come() == 101);
    CHECK(come() == 429);
}

TEST_CASE("behind a trusted proxy the client's address counts, once its request has told it") {
    World world;
    Rig rig{world, kb::AdmissionControl{.max_per_ip = 1}, kb::TrustedProxies{{"10.9.0.0/16"}}};
    const auto from = [](const char* client) {
        return kb::testing::PeerOptions{.headers = {{"X-Forwarded-For", client}}, .remote = "10.9.0.1:5000"};
    };
    rig.open(from("192.0.2.1"));
    auto& other = rig.open(from("192.0.2.2"));
    auto& again = world.connect(from("192.0.2.1"));
    const auto closed = rig.closed(again);
    CHECK(closed.cause == kb::Cause::not_admitted);
    CHECK(closed.detail == "too many connections from this address");
    CHECK(status(rig, again) == 429);

    auto plain = from("192.0.2.1");
    plain.handshake = kb::testing::Handshake::plain_http;
    auto& request = world.connect(plain);
    CHECK(rig.closed(request).cause == kb::Cause::not_admitted);
    CHECK(status(rig, request) == 429);

    other.close();
    rig.closed(other);
    rig.open(from("192.0.2.2"));
}

TEST_CASE("who is no proxy says what he likes about his address, to no effect") {
    World world;
    Rig rig{world, kb::AdmissionControl{.max_per_ip = 1}, kb::TrustedProxies{{"10.9.0.0/16"}}};
    rig.open({.headers = {{"X-Forwarded-For", "192.0.2.1"}}, .remote = "192.0.2.9:5000"});
    auto& again = world.connect({.headers = {{"X-Forwarded-For", "192.0.2.2"}}, .remote = "192.0.2.9:5001"});
    REQUIRE(rig.until([&] { return again.has_ended(); }));
    CHECK(status(rig, again) == 429);
}

TEST_CASE("a subject has as many connections as it may, from wherever") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman, kb::AdmissionControl{.max_per_subject = 1}};
    auto& first = rig.open({.headers = token("good:ann")});
    auto& second = world.connect({.headers = token("good:ann")});
    CHECK(rig.closed(second).detail == "too many connections of this subject");
    CHECK(status(rig, second) == 429);
    rig.open({.headers = token("good:bob")});
    first.close();
    rig.closed(first);
    rig.open({.headers = token("good:ann")});
}

TEST_CASE("a page of another host may not connect unless it is listed, and what is no browser may") {
    World world;
    const auto with = [](const char* origin) {
        kb::testing::PeerOptions options;
        if (*origin != '\0') options.headers = {{"Origin", origin}};
        return options;
    };
    SECTION("by default") {
        Rig rig{world};
        rig.open(with(""));
        auto& foreign = world.connect(with("https://evil.example"));
        const auto closed = rig.closed(foreign);
        CHECK(closed.cause == kb::Cause::origin_refused);
        CHECK(closed.detail == "Origin is not the host that was asked");
        CHECK(status(rig, foreign) == 403);
    }
    SECTION("with a list") {
        Rig rig{world, kb::AllowedOrigins{{"https://app.example"}}};
        rig.open(with("https://app.example"));
        rig.open(with(""));
        CHECK(rig.closed(world.connect(with("https://app.example.evil.example"))).cause == kb::Cause::origin_refused);
        CHECK(rig.closed(world.connect(with("null"))).cause == kb::Cause::origin_refused);
    }
    SECTION("with a list that requires one") {
        Rig rig{world, kb::AllowedOrigins{{"https://app.example"}, true}};
        CHECK(rig.closed(world.connect(with(""))).detail == "no Origin");
    }
    SECTION("where it does not matter") {
        Rig rig{world, kb::AnyOrigin{}};
        rig.open(with("https://evil.example"));
    }
}
