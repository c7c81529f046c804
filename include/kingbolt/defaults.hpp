#pragma once
// What a hub does where its user says nothing: every slot's default, in one look.

#include <kingbolt/policy/admission_control.hpp>
#include <kingbolt/policy/allowed_origins.hpp>
#include <kingbolt/policy/auth_backoff.hpp>
#include <kingbolt/policy/client_limits.hpp>
#include <kingbolt/policy/deadlines.hpp>
#include <kingbolt/policy/keep_alive.hpp>
#include <kingbolt/policy/memory_budget.hpp>
#include <kingbolt/policy/no_authenticator.hpp>
#include <kingbolt/policy/no_backplane.hpp>
#include <kingbolt/policy/outbox.hpp>
#include <kingbolt/policy/rate_limiter.hpp>
#include <kingbolt/policy/seed.hpp>
#include <kingbolt/policy/trusted_proxies.hpp>
#include <kingbolt/steady_clock.hpp>

namespace kingbolt {

struct HubDefaults {
    SteadyClock clock;      ///< std::chrono::steady_clock
    KeepAlive liveness;     ///< ping every 30 s, pong within 10 s, 3 misses
    Unlimited rate_limit;   ///< what a client may send depends on the application: say it with RateLimiter
    Outbox outbox;          ///< 1 MiB, 1,024 messages, then disconnect
    Deadlines deadlines;    ///< handshake 10 s, close 5 s, reauthenticate 25 s
    Seed seed;              ///< from the system
    NoBackplane backplane;  ///< the hub is alone

    SameOrigin origins;             ///< pages of the host that is asked, and what is no browser
    ClientLimits client_limits;     ///< 10 control frames a second, 1,000 subscriptions, then close
    NoAdmissionControl admission;   ///< behind a proxy all clients seem to be one, so bounds want a look: AdmissionControl{}
    NoProxies client_address;       ///< nobody's word about a client's address is believed
    NoAuthenticator authenticator;  ///< nobody is asked who he is
    NoAuthorizer authorizer;        ///< everybody may do everything
    AuthBackoff auth_backoff;       ///< where there is an Authenticator: 5 bad attempts, then 1 s, doubling up to 15 min
    NoMemoryBudget memory;          ///< the bounds of each Outbox are enough
};

}  // namespace kingbolt
