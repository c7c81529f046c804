#pragma once
// From a list of policies in any order to one per slot. Everything that can be wrong with the list is said here, in one
// sentence that names the slot.

#include <kingbolt/concepts/backplane.hpp>
#include <kingbolt/concepts/clock.hpp>
#include <kingbolt/concepts/liveness.hpp>
#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/rate_limit.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/policy/deadlines.hpp>
#include <kingbolt/policy/outbox.hpp>
#include <kingbolt/policy/seed.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace kingbolt {

template <class P>
concept Policy = requires {
    typename std::remove_cvref_t<P>::slot;
};

namespace detail {

template <class P, class Slot>
inline constexpr bool fills = false;
template <Policy P, class Slot>
inline constexpr bool fills<P, Slot> = std::is_same_v<typename std::remove_cvref_t<P>::slot, Slot>;

template <class Slot, class... Policies>
inline constexpr std::size_t times_filled = (std::size_t{0} + ... + (fills<Policies, Slot> ? 1 : 0));

// The type that a hub keeps for an argument: collaborators given as lvalues are referred to, all else is copied or moved in.
template <class P>
struct Held {
    using type = std::remove_cvref_t<P>;
};
template <Policy P>
    requires(std::is_lvalue_reference_v<P>&& std::remove_cvref_t<P>::slot::collaborator)
struct Held<P> {
    using type = P;
};

template <class Slot, class Default, class... Policies>
struct Select {
    using type = Default;
};
template <class Slot, class Default, class First, class... Rest>
struct Select<Slot, Default, First, Rest...> {
    using type = typename std::conditional_t<fills<First, Slot>, std::type_identity<First>, Select<Slot, Default, Rest...>>::type;
};

template <class P>
inline constexpr bool has_known_slot = !Policy<P>;
template <Policy P>
inline constexpr bool has_known_slot<P> =
    fills<P, slot::clock> || fills<P, slot::liveness> || fills<P, slot::rate_limit> || fills<P, slot::outbox> ||
    fills<P, slot::deadlines> || fills<P, slot::seed> || fills<P, slot::backplane> || fills<P, slot::observer>;

// Slots that no concept describes: a plain aggregate of options fills them.
template <class Slot, class Options, class... Policies>
inline constexpr bool only_filled_by = ((!fills<Policies, Slot> || std::is_base_of_v<Options, std::remove_cvref_t<Policies>>)&&...);

// A const observer that is referred to must be callable as const.
template <class Slot, class... Policies>
inline constexpr bool all_of_slot_observe = ((!fills<Policies, Slot> || Observer<std::remove_reference_t<Policies>>)&&...);

}  // namespace detail

template <class P>
using held_t = typename detail::Held<P>::type;

/// The policies of a hub, found by slot.
template <class... Policies>
class PolicySet {
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
    static_assert(detail::only_filled_by<slot::outbox, Outbox, Policies...>, "kingbolt: slot::outbox wants an Outbox (policy/outbox.hpp)");
    static_assert(detail::only_filled_by<slot::deadlines, Deadlines, Policies...>,
                  "kingbolt: slot::deadlines wants Deadlines (policy/deadlines.hpp)");
    static_assert(detail::only_filled_by<slot::seed, Seed, Policies...>, "kingbolt: slot::seed wants a Seed (policy/seed.hpp)");
    static_assert(detail::all_of_slot_observe<slot::observer, Policies...>,
                  "kingbolt: slot::observer wants an Observer: a callable that accepts an event (concepts/observer.hpp)");

public:
    explicit PolicySet(Policies... policies) : policies_{static_cast<Policies&&>(policies)...} {}

    /// The policy of a slot, or `fallback` when the slot is not filled.
    template <class Slot, class Default>
    decltype(auto) get(Default& fallback) {
        if constexpr (detail::times_filled<Slot, Policies...> == 0)
            return (fallback);
        else
            return (std::get<typename detail::Select<Slot, Default, Policies...>::type>(policies_));
    }

    /// Tells every observer that wants to hear of E. What an observer throws stays with it: the hub goes on.
    template <class E, class Build>
    void emit(Build&& build) {
        if constexpr (wanted<E>) {
            const E event = build();
            std::apply([&event](auto&... policy) { (tell(policy, event), ...); }, policies_);
        }
    }

    template <class E>
    static constexpr bool wanted = ((detail::fills<Policies, slot::observer> && Observes<std::remove_reference_t<Policies>, E>) || ...);

private:
    template <class P, class E>
    static void tell(P& policy, const E& event) noexcept {
        if constexpr (detail::fills<P, slot::observer> && Observes<P, E>) {
            try {
                policy(event);
            } catch (...) {  // NOLINT(bugprone-empty-catch): documented in concepts/observer.hpp
            }
        }
    }

    std::tuple<Policies...> policies_;
};

}  // namespace kingbolt
