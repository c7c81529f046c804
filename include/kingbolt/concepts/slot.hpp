#pragma once
// A policy says which question it answers by naming a slot: `using slot = kingbolt::slot::liveness;`.
// Each slot is filled at most once, but for `observer` and `trip_rule`, of which there may be any number.

namespace kingbolt::slot {

/// What time it is: SteadyClock, testing::ManualClock.
struct clock {
    static constexpr bool collaborator = true;  ///< given as an lvalue it is referred to, not copied
};
/// Who is still there: KeepAlive, NoKeepAlive.
struct liveness {
    static constexpr bool collaborator = false;
};
/// How much a client may send, or a breaker call: RateLimiter, Unlimited.
struct rate_limit {
    static constexpr bool collaborator = false;
};
/// How much may wait for a client: Outbox.
struct outbox {
    static constexpr bool collaborator = false;
};
/// How long a client may take: Deadlines.
struct deadlines {
    static constexpr bool collaborator = false;
};
/// Where chance comes from: Seed.
struct seed {
    static constexpr bool collaborator = false;
};
/// Which other hubs there are: backplane::Shards, NoBackplane.
struct backplane {
    static constexpr bool collaborator = true;
};
/// Who hears of facts; any number: On, Journal, DisconnectPatterns.
struct observer {
    static constexpr bool collaborator = true;
};

// Who may come in, and how much of each.
/// Who somebody is: JwtAuthenticator, AwaitableAuthenticator, NoAuthenticator.
struct authenticator {
    static constexpr bool collaborator = true;
};
/// Who may do what: ScopeAuthorizer, NoAuthorizer.
struct authorizer {
    static constexpr bool collaborator = true;
};
/// Whose pages may connect: SameOrigin, AllowedOrigins, AnyOrigin.
struct origins {
    static constexpr bool collaborator = false;
};
/// How many, and how fast: AdmissionControl, NoAdmissionControl.
struct admission {
    static constexpr bool collaborator = false;
};
/// How often credentials may be wrong: AuthBackoff, NoAuthBackoff.
struct auth_backoff {
    static constexpr bool collaborator = false;
};
/// Where a client behind a proxy is: TrustedProxies, NoProxies.
struct client_address {
    static constexpr bool collaborator = false;
};
/// What one client may ask for: ClientLimits.
struct client_limits {
    static constexpr bool collaborator = false;
};
/// How much may wait for all: MemoryBudget, NoMemoryBudget.
struct memory {
    static constexpr bool collaborator = false;
};

// Of a circuit breaker. It shares `clock`, `rate_limit`, `seed` and `observer` with the hub, and takes any number of trip rules.
/// When a breaker opens; any number: ConsecutiveFailures, FailureRate, SlowCalls.
struct trip_rule {
    static constexpr bool collaborator = false;
};
/// For how long: OpenTime.
struct open_time {
    static constexpr bool collaborator = false;
};
/// How it finds out whether the service is back: Probing.
struct probing {
    static constexpr bool collaborator = false;
};
/// What events call it: BreakerName.
struct breaker_name {
    static constexpr bool collaborator = false;
};
/// What a result means: Classify.
struct classifier {
    static constexpr bool collaborator = false;
};
/// Earlier answers: StaleCache, NoStaleCache.
struct stale_cache {
    static constexpr bool collaborator = false;
};
/// What to say without any answer: Fallback, NoFallback.
struct fallback {
    static constexpr bool collaborator = false;
};
/// Whether equal calls are one: SingleFlight, NoSingleFlight.
struct single_flight {
    static constexpr bool collaborator = false;
};
/// Whether to try again: Retry, NoRetry.
struct retry {
    static constexpr bool collaborator = false;
};
/// How many calls at once: Bulkhead, AdaptiveBulkhead, NoBulkhead.
struct bulkhead {
    static constexpr bool collaborator = false;
};
/// How long a call may take: Timeout, NoTimeout.
struct timeout {
    static constexpr bool collaborator = false;
};
/// What waits: SteadyTimers, testing::ManualTimers.
struct timers {
    static constexpr bool collaborator = true;
};

}  // namespace kingbolt::slot
