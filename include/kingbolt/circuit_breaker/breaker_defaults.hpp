#pragma once
// What a circuit breaker does where its user says nothing: every slot's default, in one look.

#include <kingbolt/circuit_breaker/steady_timers.hpp>
#include <kingbolt/policy/breaker_name.hpp>
#include <kingbolt/policy/bulkhead.hpp>
#include <kingbolt/policy/classify.hpp>
#include <kingbolt/policy/consecutive_failures.hpp>
#include <kingbolt/policy/fallback.hpp>
#include <kingbolt/policy/open_time.hpp>
#include <kingbolt/policy/probing.hpp>
#include <kingbolt/policy/rate_limiter.hpp>
#include <kingbolt/policy/retry.hpp>
#include <kingbolt/policy/seed.hpp>
#include <kingbolt/policy/single_flight.hpp>
#include <kingbolt/policy/stale_cache.hpp>
#include <kingbolt/policy/timeout.hpp>
#include <kingbolt/steady_clock.hpp>

namespace kingbolt {

struct BreakerDefaults {
    SteadyClock clock;              ///< steady
    SteadyTimers timers;            ///< of Asio
    ConsecutiveFailures trip_rule;  ///< 5, then open for 5 min
    OpenTime open_time;             ///< neither growth nor jitter
    Probing probing;                ///< one probe, given up after 30 s
    BreakerName name;               ///< "breaker"
    ByValue classifier;             ///< a value is a success, all else a failure
    Seed seed;                      ///< from the system
    NoStaleCache stale_cache;       ///< nothing is kept
    NoFallback fallback;            ///< the trouble itself is the answer
    NoSingleFlight single_flight;   ///< each caller makes a call of its own
    NoRetry retry;
    Unlimited rate_limit;  ///< as often as one likes
    NoBulkhead bulkhead;   ///< as many as there are
    NoTimeout timeout;     ///< as long as it takes
};

}  // namespace kingbolt
