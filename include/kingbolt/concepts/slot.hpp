#pragma once
// A policy says which question it answers by naming a slot: `using slot = kingbolt::slot::liveness;`.
// Each slot is filled at most once, but for `observer` and `trip_rule`, of which there may be any number.

namespace kingbolt::slot {

struct clock {
    static constexpr bool collaborator = true;  ///< given as an lvalue it is referred to, not copied
};
struct liveness {
    static constexpr bool collaborator = false;
};
struct rate_limit {
    static constexpr bool collaborator = false;
};
struct outbox {
    static constexpr bool collaborator = false;
};
struct deadlines {
    static constexpr bool collaborator = false;
};
struct seed {
    static constexpr bool collaborator = false;
};
struct backplane {
    static constexpr bool collaborator = true;
};
struct observer {
    static constexpr bool collaborator = true;
};

// Who may come in, and how much of each.
struct authenticator {
    static constexpr bool collaborator = true;
};
struct authorizer {
    static constexpr bool collaborator = true;
};
struct origins {
    static constexpr bool collaborator = false;
};
struct admission {
    static constexpr bool collaborator = false;
};
struct auth_backoff {
    static constexpr bool collaborator = false;
};
struct client_address {
    static constexpr bool collaborator = false;
};
struct client_limits {
    static constexpr bool collaborator = false;
};
struct memory {
    static constexpr bool collaborator = false;
};

// Of a circuit breaker. It shares `clock`, `rate_limit`, `seed` and `observer` with the hub, and takes any number of trip rules.
struct trip_rule {
    static constexpr bool collaborator = false;
};
struct open_time {
    static constexpr bool collaborator = false;
};
struct probing {
    static constexpr bool collaborator = false;
};
struct breaker_name {
    static constexpr bool collaborator = false;
};
struct classifier {
    static constexpr bool collaborator = false;
};
struct stale_cache {
    static constexpr bool collaborator = false;
};
struct fallback {
    static constexpr bool collaborator = false;
};
struct single_flight {
    static constexpr bool collaborator = false;
};
struct retry {
    static constexpr bool collaborator = false;
};
struct bulkhead {
    static constexpr bool collaborator = false;
};
struct timeout {
    static constexpr bool collaborator = false;
};
struct timers {
    static constexpr bool collaborator = true;
};

}  // namespace kingbolt::slot
