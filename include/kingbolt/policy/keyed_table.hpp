#pragma once
// What is remembered of each of a great many clients, in memory that does not grow with their number.

#include <kingbolt/core/prefetch.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/policy/siphash.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kingbolt {

/// What a KeyedTable holds. A value that `is_fresh` cannot be told from one that was just made: to forget it changes no decision.
template <class V>
concept Forgettable = std::default_initializable<V> && std::copyable<V> && requires(const V& value, TimePoint now) {
    { value.is_fresh(now) } -> std::same_as<bool>;
};

/// Who is looked up: usually an address prefix, and what tells it from prefixes of other lengths.
struct TableKey {
    std::uint64_t high = 0;  ///< half of 128 bits
    std::uint64_t low = 0;   ///< the other half
};

/// A set-associative table in memory that is taken once. Each key belongs to one set of eight entries, found by SipHash, so that nobody
/// outside can choose keys that meet. Where a set is full, only an entry that is fresh makes room. When none is, the keys without an entry
/// share the set's overflow value, and go on sharing it until it is fresh again, also when an entry becomes free meanwhile. So what is
/// noted of a key is in one place at any time, and is found there until it is fresh: who arrives under many keys makes none of them
/// forgotten.
///
/// The low half of the hash finds the set, the high half the entry in it: two keys of a set share an entry by accident once in 2^32.
/// Not for several threads.
template <Forgettable Value>
class KeyedTable {
    using Tag = std::uint32_t;
    static constexpr Tag no_tag = 0;

public:
    static constexpr std::size_t ways = 8;  ///< entries of a set

private:
    // The tags and the overflow value, which nearly every call reads, are side by side.
    struct alignas(64) Set {
        std::array<Tag, ways> tags{};
        Value overflow{};
        std::array<Value, ways> values{};
    };

public:
    /// Room for `capacity` entries, 1 to 2^32, rounded up to a power of two and at least `ways`. Throws std::bad_alloc.
    KeyedTable(std::size_t capacity, SipKey secret) : sets_(std::bit_ceil((capacity + ways - 1) / ways)), secret_{secret} {}

    /// Where a key belongs, for the calls below. Its memory is asked for at once, so that one who needs several places waits but once.
    class Place {
    public:
        Place() noexcept = default;  ///< nowhere; such a one is not looked at

    private:
        friend KeyedTable;
        Place(Set* set, Tag tag) noexcept : set_{set}, tag_{tag} {}
        Set* set_ = nullptr;
        Tag tag_ = no_tag;
    };
    /// Asks for the memory, and does not wait for it.
    Place place_of(TableKey key) noexcept {
        const std::uint64_t hash = siphash(secret_, key.high, key.low);
        Set& set = sets_[(hash & 0xFFFFFFFFU) & (sets_.size() - 1)];
        prefetch(&set);
        return {&set, std::max<Tag>(static_cast<Tag>(hash >> 32U), no_tag + 1)};
    }

    /// The key's value, which may be the overflow value that it shares; a key that has none gets a new one. As long as it is not fresh it
    /// stays where it is.
    Value& at(Place place, TimePoint now) noexcept {
        Set& set = *place.set_;
        if (Value* known = entry(place)) return *known;
        if (!set.overflow.is_fresh(now)) return set.overflow;
        for (std::size_t way = 0; way < ways; ++way) {
            if (set.tags[way] != no_tag && !set.values[way].is_fresh(now)) continue;
            set.tags[way] = place.tag_;
            return set.values[way] = Value{};
        }
        return set.overflow = Value{};
    }
    Value& at(TableKey key, TimePoint now) noexcept { return at(place_of(key), now); }

    /// The value that `at` gave the key last, provided that it has not been fresh since; some other one if it has.
    Value& known(TableKey key) noexcept {
        const Place place = place_of(key);
        Value* known = entry(place);
        return known != nullptr ? *known : place.set_->overflow;
    }

    /// Entries, the overflow values apart.
    std::size_t capacity() const noexcept { return sets_.size() * ways; }
    std::size_t bytes() const noexcept { return sets_.size() * sizeof(Set); }

private:
    static Value* entry(Place place) noexcept {
        auto& [tags, overflow, values] = *place.set_;
        const auto found = std::ranges::find(tags, place.tag_);
        return found == tags.end() ? nullptr : &values[static_cast<std::size_t>(found - tags.begin())];
    }

    std::vector<Set> sets_;
    SipKey secret_;
};

}  // namespace kingbolt
