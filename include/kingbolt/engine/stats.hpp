#pragma once
// What a hub counts. The loop writes, any thread reads.

#include <kingbolt/core/limit.hpp>
#include <kingbolt/core/time.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace kingbolt {

/// A snapshot. Each figure is right by itself; figures are read one after the other, not at one instant.
struct HubStats {
    std::uint64_t accepted = 0;            ///< TCP connections since the hub was made
    std::uint64_t opened = 0;              ///< completed upgrades
    std::uint64_t rejected = 0;            ///< refused upgrades
    std::uint64_t turned_away = 0;         ///< connections that were not accepted
    std::uint64_t closed = 0;              ///< connections ended, in whatever phase
    std::uint64_t sessions = 0;            ///< now, in whatever phase
    std::uint64_t open_sessions = 0;       ///< now, upgraded and not closing
    std::uint64_t closing_sessions = 0;    ///< now, upgraded and closing
    std::uint64_t subscriptions = 0;       ///< now, of all sessions
    std::uint64_t topics = 0;              ///< now, those that were subscribed or published to
    std::uint64_t published = 0;           ///< calls of `publish`
    std::uint64_t messages_in = 0;         ///< whole ones
    std::uint64_t messages_out = 0;        ///< handed to the transport
    std::uint64_t bytes_in = 0;            ///< on the wire
    std::uint64_t bytes_out = 0;           ///< after the upgrade
    std::uint64_t messages_dropped = 0;    ///< by full outboxes, conflated ones included
    std::uint64_t messages_conflated = 0;  ///< dropped, because a newer one of the same key took their place
    std::uint64_t pings_sent = 0;          ///< by the hub
    std::uint64_t pongs_missed = 0;        ///< each miss counts
    std::uint64_t handler_errors = 0;      ///< callbacks that threw
    std::uint64_t limits_exceeded = 0;     ///< how often a client asked more than its ClientLimits or RateLimiter allow
    /// `limits_exceeded`, by Limit and OnExcess.
    std::array<std::array<std::uint64_t, on_excess_count>, limit_count> excesses{};
    /// In all outboxes, as of the last tick; 0 without a MemoryBudget or an observer of event::Ticked.
    std::uint64_t queued_bytes = 0;
    std::uint64_t queued_messages = 0;  ///< likewise
    /// Of messages and requests that have come in part, as of the last tick; 0 without a MemoryBudget.
    std::uint64_t held_bytes = 0;
    Duration loop_lag{};    ///< how late the last tick was
    bool draining = false;  ///< `drain` was called
};

namespace engine {

/// One writer, any readers: an increment is a load and a store, not a locked instruction.
class Counter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.store(get() + n, std::memory_order_relaxed); }
    void sub(std::uint64_t n = 1) noexcept { value_.store(get() - n, std::memory_order_relaxed); }
    void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

struct Counters {
    Counter accepted, opened, rejected, turned_away, closed, sessions, open_sessions, closing_sessions, subscriptions, topics, published;
    Counter messages_in, messages_out, bytes_in, bytes_out, messages_dropped, messages_conflated, pings_sent, pongs_missed, handler_errors,
        queued_bytes, queued_messages, held_bytes;
    std::array<std::array<Counter, on_excess_count>, limit_count> excesses;
    Counter loop_lag_ns, draining;

    HubStats snapshot() const noexcept {
        HubStats stats{.accepted = accepted.get(),
                       .opened = opened.get(),
                       .rejected = rejected.get(),
                       .turned_away = turned_away.get(),
                       .closed = closed.get(),
                       .sessions = sessions.get(),
                       .open_sessions = open_sessions.get(),
                       .closing_sessions = closing_sessions.get(),
                       .subscriptions = subscriptions.get(),
                       .topics = topics.get(),
                       .published = published.get(),
                       .messages_in = messages_in.get(),
                       .messages_out = messages_out.get(),
                       .bytes_in = bytes_in.get(),
                       .bytes_out = bytes_out.get(),
                       .messages_dropped = messages_dropped.get(),
                       .messages_conflated = messages_conflated.get(),
                       .pings_sent = pings_sent.get(),
                       .pongs_missed = pongs_missed.get(),
                       .handler_errors = handler_errors.get(),
                       .queued_bytes = queued_bytes.get(),
                       .queued_messages = queued_messages.get(),
                       .held_bytes = held_bytes.get(),
                       .loop_lag = Duration{static_cast<Duration::rep>(loop_lag_ns.get())},
                       .draining = draining.get() != 0};
        for (std::size_t limit = 0; limit < limit_count; ++limit)
            for (std::size_t action = 0; action < on_excess_count; ++action)
                stats.limits_exceeded += (stats.excesses[limit][action] = excesses[limit][action].get());
        return stats;
    }
};

}  // namespace engine
}  // namespace kingbolt
