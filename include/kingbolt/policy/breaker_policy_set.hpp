#pragma once
// The policies of a circuit breaker: one per slot, and any number of trip rules and observers. Everything that can be wrong with the
// list is said here, in one sentence that names the slot.

#include <kingbolt/concepts/clock.hpp>
#include <kingbolt/concepts/concurrency_limit.hpp>
#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/concepts/trip_rule.hpp>
#include <kingbolt/policy/breaker_name.hpp>
#include <kingbolt/policy/open_time.hpp>
#include <kingbolt/policy/policy_list.hpp>
#include <kingbolt/policy/probing.hpp>
#include <kingbolt/policy/seed.hpp>
#include <kingbolt/policy/single_flight.hpp>
#include <kingbolt/policy/stale_cache.hpp>
#include <kingbolt/policy/timeout.hpp>

#include <type_traits>

namespace kingbolt {

namespace detail {

template <class P>
inline constexpr bool has_breaker_slot = !Policy<P>;
template <Policy P>
inline constexpr bool has_breaker_slot<P> =
    fills<P, slot::clock> || fills<P, slot::rate_limit> || fills<P, slot::seed> || fills<P, slot::observer> || fills<P, slot::trip_rule> ||
    fills<P, slot::open_time> || fills<P, slot::probing> || fills<P, slot::breaker_name> || fills<P, slot::classifier> ||
    fills<P, slot::stale_cache> || fills<P, slot::fallback> || fills<P, slot::single_flight> || fills<P, slot::retry> ||
    fills<P, slot::bulkhead> || fills<P, slot::timeout> || fills<P, slot::timers>;

template <class... Policies>
inline constexpr bool all_rules_trip = ((!fills<Policies, slot::trip_rule> || TripRule<std::remove_cvref_t<Policies>>)&&...);
template <class... Policies>
inline constexpr bool all_bulkheads_limit = ((!fills<Policies, slot::bulkhead> || ConcurrencyLimit<std::remove_cvref_t<Policies>>)&&...);

}  // namespace detail

/// The policies of a circuit breaker, found by slot.
template <class... Policies>
class BreakerPolicySet : public PolicyList<Policies...> {
    static_assert(
        (Policy<Policies> && ...),
        "kingbolt: an argument of CircuitBreaker is not a policy: it has no `slot` (the call comes first; see concepts/slot.hpp)");
    static_assert((detail::has_breaker_slot<Policies> && ...),
                  "kingbolt: a policy names a slot that a circuit breaker does not have (concepts/slot.hpp)");
    static_assert(detail::times_filled<slot::clock, Policies...> <= 1, "kingbolt: slot::clock is filled twice");
    static_assert(detail::times_filled<slot::rate_limit, Policies...> <= 1, "kingbolt: slot::rate_limit is filled twice");
    static_assert(detail::times_filled<slot::seed, Policies...> <= 1, "kingbolt: slot::seed is filled twice");
    static_assert(detail::times_filled<slot::open_time, Policies...> <= 1, "kingbolt: slot::open_time is filled twice");
    static_assert(detail::times_filled<slot::probing, Policies...> <= 1, "kingbolt: slot::probing is filled twice");
    static_assert(detail::times_filled<slot::breaker_name, Policies...> <= 1, "kingbolt: slot::breaker_name is filled twice");
    static_assert(detail::times_filled<slot::classifier, Policies...> <= 1, "kingbolt: slot::classifier is filled twice");
    static_assert(detail::times_filled<slot::stale_cache, Policies...> <= 1, "kingbolt: slot::stale_cache is filled twice");
    static_assert(detail::times_filled<slot::fallback, Policies...> <= 1, "kingbolt: slot::fallback is filled twice");
    static_assert(detail::times_filled<slot::single_flight, Policies...> <= 1, "kingbolt: slot::single_flight is filled twice");
    static_assert(detail::times_filled<slot::retry, Policies...> <= 1, "kingbolt: slot::retry is filled twice");
    static_assert(detail::times_filled<slot::bulkhead, Policies...> <= 1, "kingbolt: slot::bulkhead is filled twice");
    static_assert(detail::times_filled<slot::timeout, Policies...> <= 1, "kingbolt: slot::timeout is filled twice");
    static_assert(detail::times_filled<slot::timers, Policies...> <= 1, "kingbolt: slot::timers is filled twice");
    static_assert(detail::all_rules_trip<Policies...>, "kingbolt: slot::trip_rule wants a TripRule (concepts/trip_rule.hpp)");
    static_assert(detail::all_bulkheads_limit<Policies...>,
                  "kingbolt: slot::bulkhead wants a ConcurrencyLimit (concepts/concurrency_limit.hpp)");
    static_assert(detail::only_filled_by<slot::open_time, OpenTime, Policies...>,
                  "kingbolt: slot::open_time wants an OpenTime (policy/open_time.hpp)");
    static_assert(detail::only_filled_by<slot::probing, Probing, Policies...>,
                  "kingbolt: slot::probing wants a Probing (policy/probing.hpp)");
    static_assert(detail::only_filled_by<slot::seed, Seed, Policies...>, "kingbolt: slot::seed wants a Seed (policy/seed.hpp)");
    static_assert(detail::only_filled_by<slot::breaker_name, BreakerName, Policies...>,
                  "kingbolt: slot::breaker_name wants a BreakerName (policy/breaker_name.hpp)");
    static_assert(detail::all_of_slot_observe<slot::observer, Policies...>,
                  "kingbolt: slot::observer wants an Observer: a callable that accepts an event (concepts/observer.hpp)");

public:
    using PolicyList<Policies...>::PolicyList;
};

}  // namespace kingbolt
