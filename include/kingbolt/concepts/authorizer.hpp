#pragma once
// What may somebody do who is known?

#include <kingbolt/core/identity.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace kingbolt {

/// What somebody may be permitted.
enum class Action : std::uint8_t {
    subscribe,  ///< to a topic, or to a pattern such as `agents.*`
    publish,    ///< to a topic
    call,       ///< a method
};

constexpr std::string_view to_string(Action action) noexcept {
    return action == Action::subscribe ? "subscribe" : action == Action::publish ? "publish" : "call";
}

/// Worked model: ScopeAuthorizer in policy/scope_authorizer.hpp. On the hub's loop. Who is not known may do nothing, and is not asked
/// about.
template <class A>
concept Authorizer = requires(const A& authorizer, const Identity& who, Action action, std::string_view name) {
    { authorizer.permits(who, action, name) } -> std::same_as<bool>;
};

}  // namespace kingbolt
