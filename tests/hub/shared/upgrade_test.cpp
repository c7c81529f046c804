// Who may come in, and what the others are told.

#include "hub/rig.hpp"

#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using kb::testing::Handshake;

namespace {

std::string header_of(const kb::HttpResponse& response, const std::string& name) {
    return std::string{kb::HttpRequest{.headers = response.headers}.header(name)};
}

}  // namespace

TEST_CASE("a plain HTTP request is told that this is a WebSocket endpoint: 426") {
    World world;
    Rig rig{world};
    auto& client = world.connect({.handshake = Handshake::plain_http});

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::http_request);
    CHECK(closed.phase == kb::Phase::handshake);
    CHECK(closed.path == "/");
    REQUIRE(rig.until([&] { return client.response().has_value(); }));
    CHECK(client.response()->status == 426);
    CHECK(header_of(*client.response(), "Upgrade") == "websocket");
    CHECK(rig.hub.stats().opened == 0);
}

TEST_CASE("on_request answers plain HTTP requests") {
    World world;
    Rig rig{world};
    rig.hub.on_request([](const kb::HttpRequest& request) {
        CHECK(request.method == "GET");
        CHECK(request.path() == "/healthz");
        return kb::HttpResponse{.status = 200, .body = "well", .headers = {{"X-Answer", "42"}}};
    });
    auto& client = world.connect({.handshake = Handshake::plain_http, .target = "/healthz?verbose"});

    CHECK(rig.closed(client).cause == kb::Cause::http_request);
    REQUIRE(rig.until([&] { return client.response().has_value(); }));
    CHECK(client.response()->status == 200);
    CHECK(client.response()->body == "well");
    CHECK(header_of(*client.response(), "X-Answer") == "42");
}

TEST_CASE("an upgrade is refused with the application's status, and nobody is let in") {
    World world;
    Rig rig{world};
    rig.hub.on_upgrade([](const kb::UpgradeRequest& request) {
        return request.path() == "/open" ? kb::UpgradeResponse::accept() : kb::UpgradeResponse::refuse(403, "not here");
    });
    auto& refused = world.connect({.target = "/secret"});

    const auto closed = rig.closed(refused);
    CHECK(closed.cause == kb::Cause::upgrade_refused);
    CHECK(closed.ended_by == kb::EndedBy::server);
    CHECK(closed.phase == kb::Phase::handshake);
    CHECK(closed.path == "/secret");
    CHECK(closed.detail == "the application refused with 403");
    REQUIRE(rig.until([&] { return refused.response().has_value(); }));
    CHECK(refused.response()->status == 403);
    CHECK(refused.response()->body == "not here");
    const auto rejected = rig.journal.template of<kb::event::Rejected>();
    REQUIRE(rejected.size() == 1);
    CHECK(rejected[0].status == 403);
    CHECK(rejected[0].cause == kb::Cause::upgrade_refused);
    CHECK(rig.hub.stats().rejected == 1);

    rig.open({.target = "/open"});
}

TEST_CASE("a refusal with a status that is none becomes 500") {
    World world;
    Rig rig{world};
    for (const unsigned status : {0U, 99U, 200U, 302U, 600U}) {
        CAPTURE(status);
        rig.hub.on_upgrade([status](const kb::UpgradeRequest&) { return kb::UpgradeResponse::refuse(status); });
        auto& client = world.connect();
        CHECK(rig.until([&] { return client.upgrade_status() == 500; }));
        CHECK(rig.closed(client).cause == kb::Cause::upgrade_refused);
    }
}

TEST_CASE("an answer to a plain request with a status that is none becomes 500") {
    World world;
    Rig rig{world};
    for (const unsigned status : {0U, 101U, 199U, 600U}) {
        CAPTURE(status);
        rig.hub.on_request([status](const kb::HttpRequest&) { return kb::HttpResponse{.status = status}; });
        auto& client = world.connect({.handshake = Handshake::plain_http});
        CHECK(rig.until([&] { return client.upgrade_status() == 500; }));
        CHECK(rig.closed(client).cause == kb::Cause::http_request);
    }
}

TEST_CASE("a subprotocol that the client did not offer is refused with 500: the client would have to fail the connection") {
    World world;
    Rig rig{world};
    rig.hub.on_upgrade([](const kb::UpgradeRequest&) { return kb::UpgradeResponse::accept("chat"); });
    auto& client = world.connect({.subprotocols = {"mqtt", "wamp"}});

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::unoffered_subprotocol);
    CHECK(closed.offered_subprotocols == 2);
    CHECK(closed.detail == "the application selected 'chat'");
    CHECK(rig.until([&] { return client.upgrade_status() == 500; }));
    rig.open({.subprotocols = {"mqtt", "chat"}});
}

TEST_CASE("an upgrade request that is malformed ends as bad_handshake, before the application sees it") {
    World world;
    Rig rig{world};
    bool seen = false;
    rig.hub.on_upgrade([&](const kb::UpgradeRequest&) {
        seen = true;
        return kb::UpgradeResponse::accept();
    });
    auto& client = world.connect({.handshake = Handshake::malformed});

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::bad_handshake);
    CHECK(closed.phase == kb::Phase::handshake);
    CHECK_FALSE(seen);
}

TEST_CASE("who sends no whole request is cut when the handshake's time is over") {
    World world;
    Rig rig{world, kb::Deadlines{.handshake = 150ms}};
    for (const Handshake incomplete : {Handshake::silent, Handshake::half}) {
        auto& client = world.connect({.handshake = incomplete});
        const auto closed = rig.closed(client);
        CHECK(closed.cause == kb::Cause::handshake_timeout);
        CHECK(closed.ended_by == kb::EndedBy::server);
        CHECK(closed.phase == kb::Phase::handshake);
        CHECK_FALSE(closed.forced);
        CHECK(closed.lived >= 150ms);
        CHECK(closed.since_last_byte_in.has_value() == (incomplete == Handshake::half));
        CHECK(rig.until([&] { return client.has_ended(); }));
    }
}
