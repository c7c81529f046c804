#pragma once
// Trying again, with a budget: when everything fails, retries must not double the load.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/reply.hpp>
#include <kingbolt/policy/backoff.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace kingbolt {

/// One attempt. Costs nothing.
struct NoRetry {
    using slot = slot::retry;
    struct State {
        explicit State(const NoRetry&) noexcept {}
    };
};

/// What retries may cost. 500 tokens, 5 a retry, 10 after a timeout and 1 back for a call that went well are the figures of the AWS SDKs'
/// standard retry mode (AWS SDKs and Tools Reference Guide, Retry behavior).
struct RetryBudget {
    std::int32_t tokens = 500;       ///< 0 to 1,000,000; to begin with, and at most
    std::int32_t cost = 5;           ///< 0 to 1,000
    std::int32_t timeout_cost = 10;  ///< 0 to 1,000
    std::int32_t refund = 1;         ///< 0 to 1,000
};

/// Calls again after a failure or a timeout, never when the breaker, the rate limiter or the bulkhead said no, and never once the budget,
/// which all calls of a breaker share, is spent.
template <Pauses B = Backoff>
struct Retry {
    using slot = slot::retry;

    unsigned max_attempts = 3;  ///< 1 to 100, the first included
    B backoff{};                ///< the pauses
    RetryBudget budget{};       ///< what retries may cost

    /// Any thread.
    struct State {
        std::atomic<std::int32_t> tokens;
        explicit State(const Retry& retry) : tokens{retry.budget.tokens} {}
    };
    /// Of one call.
    struct Progress {
        unsigned attempts = 1;       ///< made so far
        typename B::State pauses{};  ///< of the backoff
    };

    /// Throws InvalidOption.
    void validate() const {
        if (max_attempts < 1 || max_attempts > 100)
            throw InvalidOption{"Retry.max_attempts", std::to_string(max_attempts), "1 to 100", "use 3; 1 is no retry"};
        if (budget.tokens < 0 || budget.tokens > 1'000'000)
            throw InvalidOption{"Retry.budget.tokens", std::to_string(budget.tokens), "0 to 1,000,000", "use 500"};
        for (const auto& [name, value] :
             {std::pair{"cost", budget.cost}, std::pair{"timeout_cost", budget.timeout_cost}, std::pair{"refund", budget.refund}})
            if (value < 0 || value > 1'000)
                throw InvalidOption{std::string{"Retry.budget."} + name, std::to_string(value), "0 to 1,000", "use 5, 10 and 1"};
        backoff.validate();
    }

    /// How long to wait before the next attempt; nothing when there is to be none. `random` is 64 uniform bits.
    std::optional<Duration> next(State& state, Progress& progress, ReplyReason reason, std::uint64_t random) const noexcept {
        if (reason != ReplyReason::call_failed && reason != ReplyReason::timeout) return std::nullopt;
        if (progress.attempts >= max_attempts) return std::nullopt;
        const auto price = reason == ReplyReason::timeout ? budget.timeout_cost : budget.cost;
        auto tokens = state.tokens.load(std::memory_order_relaxed);
        do {
            if (tokens < price) return std::nullopt;
        } while (!state.tokens.compare_exchange_weak(tokens, tokens - price, std::memory_order_relaxed));
        ++progress.attempts;
        return backoff.next(progress.pauses, random);
    }

    void on_success(State& state) const noexcept {
        auto tokens = state.tokens.load(std::memory_order_relaxed);
        while (tokens < budget.tokens &&
               !state.tokens.compare_exchange_weak(tokens, std::min(tokens + budget.refund, budget.tokens), std::memory_order_relaxed)) {
        }
    }
};

}  // namespace kingbolt
