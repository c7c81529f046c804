#pragma once
// What a circuit breaker's StaleCache has become: the answers themselves.

#include <kingbolt/circuit_breaker/call_key.hpp>
#include <kingbolt/core/reply.hpp>
#include <kingbolt/engine/stale_store.hpp>
#include <kingbolt/policy/stale_cache.hpp>

#include <cstddef>
#include <mutex>
#include <optional>

namespace kingbolt::detail {

/// Any thread. `Policy` is a StaleCache.
template <class Policy, class Arguments, class T>
class StaleAnswers {
public:
    explicit StaleAnswers(const Policy& policy) : ttl_{policy.ttl}, store_{{policy.capacity, policy.max_bytes, policy.max_age}} {}

    void keep(const Arguments& arguments, const T& value, TimePoint now) {
        const std::size_t bytes = StoredSize<T>::of(value) + sizeof(Arguments);
        const std::lock_guard lock{mutex_};
        store_.put(arguments, value, now, bytes);
    }
    void erase(const Arguments& arguments) {
        const std::lock_guard lock{mutex_};
        store_.erase(arguments);
    }

    /// An answer instead of the live one, which `trouble` has prevented.
    std::optional<Reply<T>> instead(const Arguments& arguments, TimePoint now, const CallTrouble& trouble) {
        return find(arguments, now, Duration::max(), trouble);
    }
    /// An answer that is young enough to need no call.
    std::optional<Reply<T>> fresh(const Arguments& arguments, TimePoint now) {
        if (ttl_ == Duration::zero()) return std::nullopt;
        return find(arguments, now, ttl_ - Duration{1}, {});
    }

    std::size_t size() {
        const std::lock_guard lock{mutex_};
        return store_.size();
    }

private:
    std::optional<Reply<T>> find(const Arguments& arguments, TimePoint now, Duration oldest, const CallTrouble& trouble) {
        const std::lock_guard lock{mutex_};
        const auto* const entry = store_.find(arguments, now);
        if (entry == nullptr || now - entry->at > oldest) return std::nullopt;
        return Reply<T>::cached(entry->value, now - entry->at, trouble);
    }

    Duration ttl_;
    std::mutex mutex_;
    engine::StaleStore<Arguments, T, HashArguments> store_;
};

/// There are none. Costs nothing.
template <class Arguments, class T>
class StaleAnswers<NoStaleCache, Arguments, T> {
public:
    explicit StaleAnswers(const NoStaleCache&) noexcept {}

    static void keep(const Arguments&, const T&, TimePoint) noexcept {}
    static void erase(const Arguments&) noexcept {}
    static std::optional<Reply<T>> instead(const Arguments&, TimePoint, const CallTrouble&) noexcept { return std::nullopt; }
    static std::optional<Reply<T>> fresh(const Arguments&, TimePoint) noexcept { return std::nullopt; }
    static std::size_t size() noexcept { return 0; }
};

}  // namespace kingbolt::detail
