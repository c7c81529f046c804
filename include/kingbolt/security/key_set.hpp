#pragma once
// The keys a verifier knows.

#include <kingbolt/core/error.hpp>
#include <kingbolt/core/identity.hpp>
#include <kingbolt/engine/text.hpp>
#include <kingbolt/security/verification_key.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt {

/// Where keys come from; worked model: KeySet.
///   find      the key that a token's `kid` names, null when there is none. Valid until the next call
///   trouble   what keeps the keys from being up to date; empty: nothing
template <class K>
concept KeySource = requires(K& keys, std::optional<std::string_view> id, WallTime now) {
    { keys.find(id, now) } -> std::same_as<const VerificationKey*>;
    { keys.trouble() } -> std::convertible_to<std::string_view>;
};

/// Keys that stay as they are.
class KeySet {
public:
    /// At least one; where there are several each has an id of its own. Throws InvalidOption.
    explicit KeySet(std::vector<VerificationKey> keys) : keys_{std::move(keys)} {
        if (keys_.empty()) throw InvalidOption{"KeySet.keys", "none", "1 key or more", "nobody could come in"};
        if (keys_.size() == 1) return;
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            const std::string& id = keys_[i].id();
            if (id.empty())
                throw InvalidOption{"KeySet.keys", "a key without an id", "an id for each of several",
                                    "give them ids: tokens name them in `kid`"};
            if (std::ranges::count(keys_, id, &VerificationKey::id) > 1)
                throw InvalidOption{"KeySet.keys", "two keys " + engine::in_quotes(id, 64), "an id for each", "tokens could mean either"};
        }
    }

    /// A single key that has no id serves every token; a single key with one also those that name none.
    const VerificationKey* find(std::optional<std::string_view> id, WallTime) const noexcept {
        if (keys_.size() == 1 && (!id || keys_.front().id().empty())) return &keys_.front();
        const auto found = id ? std::ranges::find(keys_, *id, &VerificationKey::id) : keys_.end();
        return found == keys_.end() ? nullptr : &*found;
    }
    /// Always empty: these keys are not read again.
    std::string_view trouble() const noexcept { return {}; }

private:
    std::vector<VerificationKey> keys_;
};

static_assert(KeySource<KeySet>);

}  // namespace kingbolt
