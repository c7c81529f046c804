#pragma once
// The policies of a hub: one per slot. Everything that can be wrong with the list is said here, in one sentence that names
// the slot.

#include <kingbolt/concepts/backplane.hpp>
#include <kingbolt/concepts/clock.hpp>
#include <kingbolt/concepts/liveness.hpp>
#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/rate_limit.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/policy/client_limits.hpp>
#include <kingbolt/policy/deadlines.hpp>
#include <kingbolt/policy/outbox.hpp>
#include <kingbolt/policy/policy_list.hpp>
#include <kingbolt/policy/seed.hpp>

#include <type_traits>

namespace kingbolt {

namespace detail {

template <class P>
inline constexpr bool has_known_slot = !Policy<P>;
template <Policy P>
inline constexpr bool has_known_slot<P> =
    fills<P, slot::clock> || fills<P, slot::liveness> || fills<P, slot::rate_limit> || fills<P, slot::outbox> ||
    fills<P, slot::deadlines> || fills<P, slot::seed> || fills<P, slot::backplane> || fills<P, slot::observer> || fills<P, slot::origins> ||
    fills<P, slot::client_limits> || fills<P, slot::admission> || fills<P, slot::client_address> || fills<P, slot::authenticator> ||
    fills<P, slot::authorizer> || fills<P, slot::auth_backoff> || fills<P, slot::memory>;

}  // namespace detail

/// The policies of a hub, found by slot.
template <class... Policies>
class PolicySet : public PolicyList<Policies...> {
    static_assert((Policy<Policies> && ...),
                  "kingbolt: an argument of Hub is not a policy: it has no `slot` (a lambda wants On{...}; see concepts/slot.hpp)");
    static_assert((detail::has_known_slot<Policies> && ...),
                  "kingbolt: a policy names a slot that a hub does not have (concepts/slot.hpp)");
    static_assert(detail::times_filled<slot::clock, Policies...> <= 1, "kingbolt: slot::clock is filled twice");
    static_assert(detail::times_filled<slot::liveness, Policies...> <= 1, "kingbolt: slot::liveness is filled twice");
    static_assert(detail::times_filled<slot::rate_limit, Policies...> <= 1, "kingbolt: slot::rate_limit is filled twice");
    static_assert(detail::times_filled<slot::outbox, Policies...> <= 1, "kingbolt: slot::outbox is filled twice");
    static_assert(detail::times_filled<slot::deadlines, Policies...> <= 1, "kingbolt: slot::deadlines is filled twice");
    static_assert(detail::times_filled<slot::seed, Policies...> <= 1, "kingbolt: slot::seed is filled twice");
    static_assert(detail::times_filled<slot::backplane, Policies...> <= 1, "kingbolt: slot::backplane is filled twice");
    static_assert(detail::times_filled<slot::origins, Policies...> <= 1, "kingbolt: slot::origins is filled twice");
    static_assert(detail::times_filled<slot::client_limits, Policies...> <= 1, "kingbolt: slot::client_limits is filled twice");
    static_assert(detail::times_filled<slot::admission, Policies...> <= 1, "kingbolt: slot::admission is filled twice");
    static_assert(detail::times_filled<slot::client_address, Policies...> <= 1, "kingbolt: slot::client_address is filled twice");
    static_assert(detail::times_filled<slot::authenticator, Policies...> <= 1, "kingbolt: slot::authenticator is filled twice");
    static_assert(detail::times_filled<slot::authorizer, Policies...> <= 1, "kingbolt: slot::authorizer is filled twice");
    static_assert(detail::times_filled<slot::auth_backoff, Policies...> <= 1, "kingbolt: slot::auth_backoff is filled twice");
    static_assert(detail::times_filled<slot::memory, Policies...> <= 1, "kingbolt: slot::memory is filled twice");
    static_assert(detail::only_filled_by<slot::outbox, Outbox, Policies...>, "kingbolt: slot::outbox wants an Outbox (policy/outbox.hpp)");
    static_assert(detail::only_filled_by<slot::deadlines, Deadlines, Policies...>,
                  "kingbolt: slot::deadlines wants Deadlines (policy/deadlines.hpp)");
    static_assert(detail::only_filled_by<slot::seed, Seed, Policies...>, "kingbolt: slot::seed wants a Seed (policy/seed.hpp)");
    static_assert(detail::only_filled_by<slot::client_limits, ClientLimits, Policies...>,
                  "kingbolt: slot::client_limits wants ClientLimits (policy/client_limits.hpp)");
    static_assert(detail::all_of_slot_observe<slot::observer, Policies...>,
                  "kingbolt: slot::observer wants an Observer: a callable that accepts an event (concepts/observer.hpp)");

public:
    using PolicyList<Policies...>::PolicyList;
};

}  // namespace kingbolt
