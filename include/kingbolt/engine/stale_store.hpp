#pragma once
// The last good answers, by key: bounded in number, bytes and age; the least recently used goes first. Not for several threads.

#include <kingbolt/core/time.hpp>

#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

namespace kingbolt::engine {

struct StaleBounds {
    std::size_t capacity = 1'024;
    std::size_t max_bytes = SIZE_MAX;
    Duration max_age{};
};

template <class Key, class Value, class Hash = std::hash<Key>>
class StaleStore {
public:
    struct Entry {
        Key key;
        Value value;
        TimePoint at{};  ///< when it came
        std::size_t bytes = 0;
    };

    explicit StaleStore(StaleBounds bounds) : bounds_{bounds} {}

    /// Takes the place of what the key had. What alone is over `max_bytes` is not kept, and neither is what the key had.
    void put(Key key, Value value, TimePoint now, std::size_t bytes = 0) {
        erase(key);
        if (bytes > bounds_.max_bytes) return;
        entries_.push_front({std::move(key), std::move(value), now, bytes});
        try {
            places_.emplace(entries_.front().key, entries_.begin());
        } catch (...) {
            entries_.pop_front();
            throw;
        }
        bytes_ += bytes;
        while (entries_.size() > bounds_.capacity || bytes_ > bounds_.max_bytes) forget(std::prev(entries_.end()));
    }

    /// Null when there is none, or when it is older than `max_age`, exactly that age included. Valid until the next call that changes
    /// something.
    const Entry* find(const Key& key, TimePoint now) {
        const auto place = places_.find(key);
        if (place == places_.end()) return nullptr;
        if (now - place->second->at > bounds_.max_age) {
            forget(place->second);
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, place->second);
        return &entries_.front();
    }

    void erase(const Key& key) {
        if (const auto place = places_.find(key); place != places_.end()) forget(place->second);
    }

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    using Entries = std::list<Entry>;

    void forget(typename Entries::iterator entry) {
        bytes_ -= entry->bytes;
        places_.erase(entry->key);
        entries_.erase(entry);
    }

    StaleBounds bounds_;
    Entries entries_;  ///< the most recently used first
    std::unordered_map<Key, typename Entries::iterator, Hash> places_;
    std::size_t bytes_ = 0;
};

}  // namespace kingbolt::engine
