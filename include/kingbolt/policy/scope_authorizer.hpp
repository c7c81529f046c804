#pragma once
// Permissions as scopes of a token: `subscribe:agents.*`, `publish:lobby`, `call:agents.list`.

#include <kingbolt/concepts/authorizer.hpp>
#include <kingbolt/concepts/slot.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace kingbolt {

/// A scope is an action, a colon, and a name or a pattern: `*` for all, `agents.*` for all under `agents.`. Whoever subscribes to a pattern
/// needs a scope that covers all of it. What no scope says is not permitted, and what is no such scope says nothing.
struct ScopeAuthorizer {
    using slot = slot::authorizer;

    static bool permits(const Identity& who, Action action, std::string_view name) noexcept {
        return std::ranges::any_of(who.scopes, [action, name](std::string_view scope) {
            const std::string_view verb = to_string(action);
            if (!scope.starts_with(verb) || scope.size() <= verb.size() || scope[verb.size()] != ':') return false;
            return covers(scope.substr(verb.size() + 1), name);
        });
    }

private:
    static bool covers(std::string_view pattern, std::string_view name) noexcept {
        if (pattern == "*" || pattern == name) return !name.empty();
        // What stands for the rest must stand for something.
        return pattern.ends_with(".*") && name.size() >= pattern.size() && name.starts_with(pattern.substr(0, pattern.size() - 1));
    }
};

static_assert(Authorizer<ScopeAuthorizer>);

}  // namespace kingbolt
