#pragma once
// Hub: which policy fills each slot, whether it can, and what follows for the hub and its sessions.

#include <kingbolt/concepts/authenticator.hpp>
#include <kingbolt/concepts/authorizer.hpp>
#include <kingbolt/concepts/backplane.hpp>
#include <kingbolt/defaults.hpp>
#include <kingbolt/engine/entry.hpp>
#include <kingbolt/policy/policy_set.hpp>

#include <optional>
#include <type_traits>

namespace kingbolt::detail {

// What a hub has of its backplane: nothing, when it is alone.
template <class B>
struct LinkTo {
    struct type {};
};
template <Backplane B>
struct LinkTo<B> {
    using type = std::optional<typename B::Link>;
};

template <class... Policies>
struct ChosenPolicies {
    template <class Slot, class Default>
    using Of = std::remove_cvref_t<typename Select<Slot, Default, Policies...>::type>;

    using Clock = Of<slot::clock, SteadyClock>;
    static_assert(kingbolt::Clock<Clock>, "kingbolt: slot::clock wants a Clock (concepts/clock.hpp)");
    using Liveness = Of<slot::liveness, KeepAlive>;
    static_assert(kingbolt::Liveness<Liveness>, "kingbolt: slot::liveness wants a Liveness (concepts/liveness.hpp)");
    using RateLimit = Of<slot::rate_limit, Unlimited>;
    static_assert(kingbolt::RateLimit<RateLimit>, "kingbolt: slot::rate_limit wants a RateLimit (concepts/rate_limit.hpp)");
    using Admission = Of<slot::admission, NoAdmissionControl>;
    static_assert(AdmissionPolicy<Admission>, "kingbolt: slot::admission wants an AdmissionPolicy (concepts/admission_policy.hpp)");
    using ClientAddress = Of<slot::client_address, NoProxies>;
    static_assert(ClientAddressPolicy<ClientAddress>,
                  "kingbolt: slot::client_address wants a ClientAddressPolicy (concepts/client_address.hpp)");
    using Origins = Of<slot::origins, SameOrigin>;
    static_assert(OriginPolicy<Origins>, "kingbolt: slot::origins wants an OriginPolicy (concepts/origin_policy.hpp)");
    using Backoff = Of<slot::auth_backoff, AuthBackoff>;
    static_assert(AuthBackoffPolicy<Backoff>, "kingbolt: slot::auth_backoff wants an AuthBackoffPolicy (concepts/auth_backoff_policy.hpp)");

    /// Publications reach this hub's sessions by way of other hubs.
    using Backplane = Of<slot::backplane, NoBackplane>;
    static constexpr bool is_linked = kingbolt::Backplane<Backplane>;
    static_assert(is_linked || std::is_same_v<Backplane, NoBackplane>,
                  "kingbolt: slot::backplane wants a Backplane (concepts/backplane.hpp)");
    using Link = typename LinkTo<Backplane>::type;

    using Authenticator = Of<slot::authenticator, NoAuthenticator>;
    static constexpr bool authenticates = kingbolt::Authenticator<Authenticator>;
    static_assert(authenticates || std::is_same_v<Authenticator, NoAuthenticator>,
                  "kingbolt: slot::authenticator wants an Authenticator (concepts/authenticator.hpp)");
    using Authorizer = Of<slot::authorizer, NoAuthorizer>;
    static constexpr bool authorizes = kingbolt::Authorizer<Authorizer>;
    static_assert(authorizes || std::is_same_v<Authorizer, NoAuthorizer>,
                  "kingbolt: slot::authorizer wants an Authorizer (concepts/authorizer.hpp)");
    using Memory = Of<slot::memory, NoMemoryBudget>;
    static constexpr bool has_budget = std::is_same_v<Memory, MemoryBudget>;
    static_assert(has_budget || std::is_same_v<Memory, NoMemoryBudget>,
                  "kingbolt: slot::memory wants a MemoryBudget (policy/memory_budget.hpp)");

    template <class E>
    static constexpr bool hears = PolicySet<Policies...>::template wanted<E>;
    static constexpr bool counts_queues = has_budget || hears<event::Ticked>;
    static constexpr bool times_turns = hears<event::TurnWritten>;

    static constexpr bool admits = !std::is_same_v<Admission, NoAdmissionControl>;
    static constexpr bool backs_off = authenticates && !std::is_same_v<Backoff, NoAuthBackoff>;
    using BackoffState = typename std::conditional_t<backs_off, Backoff, NoAuthBackoff>::State;

    /// Where from and as whom a session came in, where a policy asks for that.
    static constexpr bool keeps_entry = admits || backs_off;
    using Entry = engine::KeptIf<keeps_entry, engine::Entry>;

    /// What the policies need of each session besides.
    struct More {
        [[no_unique_address]] Entry entry;
        [[no_unique_address]] engine::KeptIf<authenticates, engine::Credentials> credentials;
        ClientLimits::State limits;
    };
};

}  // namespace kingbolt::detail
