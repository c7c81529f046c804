// What a callback of the application throws ends its own session, and no other.

#include "hub/rig.hpp"

#include <kingbolt/testing/journal.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using kb::event::HandlerFailed;

namespace {

/// That one session failed with `what`, and that another one is as well as ever.
template <class R>
void check_failure(R& rig, const Client& culprit, Client& other, const std::string& what) {
    const auto closed = rig.closed(culprit);
    CHECK(closed.cause == kb::Cause::handler_error);
    CHECK(closed.ended_by == kb::EndedBy::server);
    CHECK(closed.detail == what);
    const auto failures = rig.journal.template of<HandlerFailed>();
    REQUIRE(failures.size() == 1);
    CHECK(failures[0].session == closed.session);
    CHECK(failures[0].what == what);
    rig.hub.publish("lobby", "still here");
    CHECK(rig.texts(other) == std::vector<std::string>{"still here"});
}

}  // namespace

TEST_CASE("on_message throws: its session is closed with 1011, the others never notice") {
    World world;
    Rig rig{world};
    auto& other = rig.subscriber("lobby");
    auto& culprit = rig.subscriber("lobby");
    rig.hub.on_message([](kb::Session&, kb::Message message) { throw std::runtime_error{"cannot digest " + std::string{message.text()}}; });
    culprit.send_text("this");

    check_failure(rig, culprit, other, "cannot digest this");
    CHECK(rig.until([&] { return culprit.close_code() == kb::CloseCode::internal_error; }));
    CHECK(culprit.close_reason() == "handler_error");
}

TEST_CASE("on_open throws: its session is closed with 1011, the others never notice") {
    World world;
    Rig rig{world};
    auto& other = rig.subscriber("lobby");
    rig.hub.on_open([](kb::Session&) { throw 42; });
    auto& culprit = world.connect();

    check_failure(rig, culprit, other, "an exception that is not a std::exception");
    CHECK(rig.until([&] { return culprit.close_code() == kb::CloseCode::internal_error; }));
    CHECK(culprit.upgrade_status() == 101);
}

TEST_CASE("on_upgrade throws: the request is answered with 500, the others never notice") {
    World world;
    Rig rig{world};
    auto& other = rig.subscriber("lobby");
    rig.hub.on_upgrade([](const kb::UpgradeRequest&) -> kb::UpgradeResponse { throw std::runtime_error{"no idea"}; });
    auto& culprit = world.connect();

    check_failure(rig, culprit, other, "no idea");
    CHECK(rig.until([&] { return culprit.upgrade_status() == 500; }));
    const auto rejected = rig.journal.template of<kb::event::Rejected>();
    REQUIRE(rejected.size() == 1);
    CHECK(rejected[0].status == 500);
    CHECK(rejected[0].cause == kb::Cause::handler_error);
}

TEST_CASE("on_request throws: the request is answered with 500, the others never notice") {
    World world;
    Rig rig{world};
    auto& other = rig.subscriber("lobby");
    rig.hub.on_request([](const kb::HttpRequest&) -> kb::HttpResponse { throw std::runtime_error{"no idea"}; });
    auto& culprit = world.connect({.handshake = kb::testing::Handshake::plain_http});

    check_failure(rig, culprit, other, "no idea");
    CHECK(rig.until([&] { return culprit.upgrade_status() == 500; }));
}

TEST_CASE("a callback that has closed its session and then throws changes nothing about that close") {
    World world;
    Rig rig{world};
    rig.hub.on_message([](kb::Session& from, kb::Message) {
        from.close(kb::CloseCode::do_not_come_back, "enough");
        throw std::runtime_error{"too late"};
    });
    auto& client = rig.open();
    client.send_text("x");

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::application_close);
    CHECK(closed.code == kb::CloseCode::do_not_come_back);
    CHECK(rig.journal.template count<HandlerFailed>() == 1);
}

TEST_CASE("a builder that throws fails its caller, takes no sequence number and reaches nobody") {
    World world;
    Rig rig{world};
    auto& listener = rig.subscriber("lobby");
    auto& culprit = rig.open();
    rig.hub.on_message([&](kb::Session&, kb::Message) {
        rig.hub.publish("lobby", [](std::uint64_t) -> std::string { throw std::runtime_error{"no payload"}; });
    });
    culprit.send_text("x");
    CHECK(rig.closed(culprit).cause == kb::Cause::handler_error);

    rig.hub.publish("lobby", [](std::uint64_t sequence) { return std::to_string(sequence); });
    CHECK(rig.texts(listener) == std::vector<std::string>{"1"});
}

TEST_CASE("a builder posted by another thread that throws fails nobody, and what was posted after it still happens") {
    World world;
    Rig rig{world};
    auto& listener = rig.subscriber("lobby");
    world.elsewhere([&] {
        rig.hub.publish("lobby", [](std::uint64_t) -> std::string { throw std::runtime_error{"no payload"}; });
        rig.hub.publish("lobby", [](std::uint64_t sequence) { return std::to_string(sequence); });
    });

    REQUIRE(rig.until([&] { return listener.received().size() == 1; }));
    CHECK(listener.received()[0].payload == "1");
    const auto failures = rig.journal.template of<HandlerFailed>();
    REQUIRE(failures.size() == 1);
    CHECK_FALSE(failures[0].session);
    CHECK(failures[0].what == "no payload");
}
