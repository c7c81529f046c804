#pragma once
// The last good answers, for when there is no live one: RFC 5861's stale-if-error, for calls.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <ranges>
#include <string>

namespace kingbolt {

/// Keeps nothing. Costs nothing.
struct NoStaleCache {
    using slot = slot::stale_cache;
};

/// Bytes that a value in a cache is counted with. Specialize it where a value owns more than this sees.
template <class T>
struct StoredSize {
    /// Bytes.
    static std::size_t of(const T& value) noexcept {
        if constexpr (std::ranges::sized_range<T>)
            return sizeof(T) + std::ranges::size(value) * sizeof(std::ranges::range_value_t<T>);
        else
            return sizeof(T);
    }
};

/// One answer for each set of arguments; the least recently used goes first. Served, marked stale, when the breaker is open and when a call
/// fails, which counts as a failure all the same; never when older than `max_age`. An answer that is classified as negative is not kept and
/// erases the one before.
struct StaleCache {
    using slot = slot::stale_cache;

    std::size_t capacity = 1'024;              ///< 1 to 100,000,000 answers
    std::size_t max_bytes = 64 * 1024 * 1024;  ///< 1 KiB or more, with the answers counted by StoredSize
    Duration ttl{};                            ///< 0 to max_age: a younger answer is served without a call, and is not stale
    Duration max_age = std::chrono::hours{1};  ///< 1 ms to 365 days

    /// Throws InvalidOption.
    void validate() const {
        using namespace std::chrono_literals;
        if (capacity < 1 || capacity > 100'000'000)
            throw InvalidOption{"StaleCache.capacity", std::to_string(capacity), "1 to 100,000,000", "use 1,024, or no StaleCache"};
        if (max_bytes < 1'024) throw InvalidOption{"StaleCache.max_bytes", std::to_string(max_bytes), "1 KiB or more", "use 64 MiB"};
        if (max_age < 1ms || max_age > 8'760h)
            throw InvalidOption{"StaleCache.max_age", std::to_string(milliseconds(max_age)) + " ms", "1 ms to 365 days", "use 1 h"};
        if (ttl < 0ms || ttl > max_age)
            throw InvalidOption{"StaleCache.ttl", std::to_string(milliseconds(ttl)) + " ms",
                                "0 to max_age, " + std::to_string(milliseconds(max_age)) + " ms", "use 0 to call every time"};
    }
};

}  // namespace kingbolt
