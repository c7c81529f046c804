#pragma once
// Policies in any order, found by slot.

#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/slot.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace kingbolt {

/// Whatever names the slot that it fills.
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

// Slots that no concept describes: a plain aggregate of options fills them.
template <class Slot, class Options, class... Policies>
inline constexpr bool only_filled_by = ((!fills<Policies, Slot> || std::is_base_of_v<Options, std::remove_cvref_t<Policies>>)&&...);

// A const observer that is referred to must be callable as const.
template <class Slot, class... Policies>
inline constexpr bool all_of_slot_observe = ((!fills<Policies, Slot> || Observer<std::remove_reference_t<Policies>>)&&...);

template <class P>
void validate(const P& policy) {
    if constexpr (requires { policy.validate(); }) policy.validate();
}

}  // namespace detail

/// A policy given as an lvalue: a reference for a collaborator, a copy otherwise.
template <class P>
using held_t = typename detail::Held<P>::type;

/// The policies of a hub or of a circuit breaker. Which slots there are, and how often each may be filled, is for their sets to say.
template <class... Policies>
class PolicyList {
public:
    /// In the order in which observers are to hear.
    explicit PolicyList(Policies... policies) : policies_{static_cast<Policies&&>(policies)...} {}

    /// The policy of a slot, or `fallback` when the slot is not filled.
    template <class Slot, class Default>
    decltype(auto) get(Default& fallback) {
        if constexpr (detail::times_filled<Slot, Policies...> == 0)
            return (fallback);
        else
            return (std::get<typename detail::Select<Slot, Default, Policies...>::type>(policies_));
    }

    /// Copies of all policies of a slot that may be filled several times, in order.
    template <class Slot>
    auto all() const {
        return std::apply(
            [](const auto&... policy) {
                return std::tuple_cat([](const auto& one) {
                    if constexpr (detail::fills<decltype(one), Slot>)
                        return std::tuple{one};
                    else
                        return std::tuple{};
                }(policy)...);
            },
            policies_);
    }

    /// Tells every observer that wants to hear of E. What an observer throws stays with it.
    template <class E, class Build>
    void emit(Build&& build) {
        if constexpr (wanted<E>) {
            const E event = build();
            std::apply([&event](auto&... policy) { (tell(policy, event), ...); }, policies_);
        }
    }

    /// Whether an observer among them wants to hear of E.
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
