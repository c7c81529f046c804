// Options that make no sense are refused when the hub is made, by name.

#include "hub/rig.hpp"

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

/// The option that a hub with this policy complains of.
template <class Policy>
std::string complaint(Policy policy) {
    World world;
    try {
        kb::Hub hub{world.transport(), policy};
        return "none";
    } catch (const kb::InvalidOption& error) {
        CHECK(std::string{error.what()}.starts_with(error.option() + " = " + error.value()));
        // The transport is free again.
        kb::Hub another{world.transport()};
        return error.option();
    }
}

}  // namespace

TEST_CASE("a hub refuses keep-alive options that make no sense, by name") {
    CHECK(complaint(kb::KeepAlive{.ping_interval = 9ms, .pong_timeout = 5ms}) == "KeepAlive.ping_interval");
    CHECK(complaint(kb::KeepAlive{.ping_interval = 25h}) == "KeepAlive.ping_interval");
    CHECK(complaint(kb::KeepAlive{.ping_interval = 5s, .pong_timeout = 6s}) == "KeepAlive.pong_timeout");
    CHECK(complaint(kb::KeepAlive{.pong_timeout = 0s}) == "KeepAlive.pong_timeout");
    CHECK(complaint(kb::KeepAlive{.max_missed_pongs = 0}) == "KeepAlive.max_missed_pongs");
    CHECK(complaint(kb::KeepAlive{.ping_interval = 10s, .pong_timeout = 10s, .max_missed_pongs = 1}) == "none");
}

TEST_CASE("a hub refuses outbox, rate and deadline options that make no sense, by name") {
    CHECK(complaint(kb::Outbox{.max_bytes = 1023}) == "Outbox.max_bytes");
    CHECK(complaint(kb::Outbox{.max_bytes = 2_GiB}) == "Outbox.max_bytes");
    CHECK(complaint(kb::Outbox{.max_messages = 0}) == "Outbox.max_messages");
    CHECK(complaint(kb::Outbox{.max_messages = 1'000'001}) == "Outbox.max_messages");
    CHECK(complaint(kb::RateLimiter{.per_second = 0}) == "RateLimiter.per_second");
    CHECK(complaint(kb::RateLimiter{.per_second = -1}) == "RateLimiter.per_second");
    CHECK(complaint(kb::RateLimiter{.burst = 0}) == "RateLimiter.burst");
    CHECK(complaint(kb::Deadlines{.handshake = 9ms}) == "Deadlines.handshake");
    CHECK(complaint(kb::Deadlines{.close = 61min}) == "Deadlines.close");
    CHECK(complaint(kb::Outbox{.max_bytes = 1024, .max_messages = 1}) == "none");
}

TEST_CASE("policies come in any order, and those that are not given are the defaults") {
    World world;
    kb::testing::Journal journal;
    kb::Hub hub{world.transport(),
                kb::Outbox{.max_messages = 2, .when_full = kb::WhenFull::drop_newest},
                journal,
                kb::NoKeepAlive{},
                kb::Deadlines{.handshake = 500ms},
                world.clock(),
                kb::Seed{7},
                kb::Unlimited{}};
    auto& silent = world.connect({.handshake = kb::testing::Handshake::silent});
    world.run_for(1s);
    CHECK(journal.closed(silent).cause == kb::Cause::handshake_timeout);
    auto& peer = world.sim.open();
    for (int i = 0; i < 3; ++i) hub.send(peer.id(), "x");
    CHECK(journal.count<kb::event::Dropped>() == 1);
    world.run_for(2min);
    CHECK(peer.is_open());
    CHECK(peer.pings_received() == 0);
}

TEST_CASE("what an unused slot does not need costs a session nothing") {
    World world;
    kb::Hub with{world.transport(), kb::RateLimiter{}};
    World other;
    kb::Hub without{other.transport(), kb::NoKeepAlive{}, kb::Unlimited{}};
    CHECK(without.session_size() < with.session_size());
}
