#pragma once
// What a hub does where its user says nothing: every slot's default, in one look.

#include <kingbolt/policy/deadlines.hpp>
#include <kingbolt/policy/keep_alive.hpp>
#include <kingbolt/policy/no_backplane.hpp>
#include <kingbolt/policy/outbox.hpp>
#include <kingbolt/policy/rate_limiter.hpp>
#include <kingbolt/policy/seed.hpp>
#include <kingbolt/steady_clock.hpp>

namespace kingbolt {

struct HubDefaults {
    SteadyClock clock;
    KeepAlive liveness;     ///< ping every 30 s, pong within 10 s, 3 misses
    Unlimited rate_limit;   ///< what a client may send depends on the application: say it with RateLimiter
    Outbox outbox;          ///< 1 MiB, 1,024 messages, then disconnect
    Deadlines deadlines;    ///< handshake 10 s, close 5 s
    Seed seed;              ///< from the system
    NoBackplane backplane;  ///< the hub is alone
};

}  // namespace kingbolt
