// Liveness over real sockets, with short times: that the clock and the kernel are read at all. When what happens is the
// simulation's to check.

#include "hub/rig.hpp"

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

constexpr kb::KeepAlive quick{.ping_interval = 200ms, .pong_timeout = 150ms, .max_missed_pongs = 3};

}  // namespace

TEST_CASE("a peer that answers its pings stays, and its round trip is measured") {
    World world;
    Rig rig{world, quick};
    auto& client = rig.open();
    REQUIRE(rig.until([&] { return rig.journal.template count<kb::event::PongReceived>() >= 4; }));
    CHECK(client.is_open());
    for (const auto& pong : rig.journal.template of<kb::event::PongReceived>()) {
        REQUIRE(pong.rtt);
        CHECK(*pong.rtt < 150ms);
    }
}

TEST_CASE("a peer that answers no pings is closed with 4002, and the kernel's account shows that it is there") {
    World world;
    Rig rig{world, quick};
    auto& client = rig.open({.answers_pings = false});
    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::pong_timeout);
    CHECK(closed.missed_pongs == 3);
    CHECK(closed.pings_sent == 3);
    CHECK(client.close_code() == kb::CloseCode::pong_timeout);
    CHECK(closed.lived >= 550ms);
    REQUIRE(closed.tcp);
    CHECK(closed.tcp->unacknowledged == 0);
    CHECK(closed.tcp->rtt > 0s);
}
