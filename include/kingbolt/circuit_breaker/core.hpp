#pragma once
// All that a circuit breaker is made of. Calls that are on their way keep it, so that CircuitBreaker itself may go before they end.
//
// The order of composition, outer to inner, whatever order the policies are listed in: stale answer and fallback, single flight, retry,
// rate limiter, breaker, bulkhead, timeout, the call.

#include <kingbolt/circuit_breaker/breaker_defaults.hpp>
#include <kingbolt/circuit_breaker/call_key.hpp>
#include <kingbolt/circuit_breaker/change_signal.hpp>
#include <kingbolt/circuit_breaker/flights.hpp>
#include <kingbolt/circuit_breaker/permit.hpp>
#include <kingbolt/circuit_breaker/rpc.hpp>
#include <kingbolt/circuit_breaker/shared_call.hpp>
#include <kingbolt/circuit_breaker/stale_answers.hpp>
#include <kingbolt/core/reply.hpp>
#include <kingbolt/engine/breaker.hpp>
#include <kingbolt/engine/random.hpp>
#include <kingbolt/policy/breaker_policy_set.hpp>
#include <kingbolt/system_seed.hpp>

#include <asio/cancellation_state.hpp>
#include <asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace kingbolt {

namespace detail {

template <class Rules>
struct BreakerOf;
template <>
struct BreakerOf<std::tuple<>> {
    using type = engine::Breaker<decltype(BreakerDefaults::trip_rule)>;
};
template <class... R>
struct BreakerOf<std::tuple<R...>> {
    using type = engine::Breaker<R...>;
};

template <RpcFn Fn, class... Policies>
class BreakerCore : public std::enable_shared_from_this<BreakerCore<Fn, Policies...>> {
public:
    using Call = CallOf<Fn>;
    using Arguments = typename Call::Arguments;
    using T = rpc_value_t<Fn>;
    using Permit = kingbolt::Permit<BreakerCore>;
    static constexpr bool is_async = Awaited<typename Call::Result>::is_awaitable;

private:
    template <class Slot, class Default>
    using Chosen = std::remove_cvref_t<typename Select<Slot, Default, Policies...>::type>;
    using Timers = Chosen<slot::timers, SteadyTimers>;
    using RateLimitPolicy = Chosen<slot::rate_limit, Unlimited>;
    using BulkheadPolicy = Chosen<slot::bulkhead, NoBulkhead>;
    using RetryPolicy = Chosen<slot::retry, NoRetry>;
    using FallbackPolicy = Chosen<slot::fallback, NoFallback>;
    using StaleCachePolicy = Chosen<slot::stale_cache, NoStaleCache>;
    static constexpr bool caches = !std::is_same_v<StaleCachePolicy, NoStaleCache>;
    static constexpr bool flies_together = !std::is_same_v<Chosen<slot::single_flight, NoSingleFlight>, NoSingleFlight>;
    static constexpr bool retries = !std::is_same_v<RetryPolicy, NoRetry>;
    static constexpr bool times_out = !std::is_same_v<Chosen<slot::timeout, NoTimeout>, NoTimeout>;
    static constexpr bool falls_back = !std::is_same_v<FallbackPolicy, NoFallback>;

    static_assert(Clock<Chosen<slot::clock, SteadyClock>>, "kingbolt: slot::clock wants a Clock (concepts/clock.hpp)");
    static_assert(
        requires { typename RateLimitPolicy::SharedState; },
        "kingbolt: slot::rate_limit of a circuit breaker wants a limit with a SharedState (policy/rate_limiter.hpp)");
    static_assert(is_async || !times_out,
                  "kingbolt: slot::timeout wants an asynchronous call: one that blocks cannot be left (use SlowCalls)");
    static_assert(is_async || !retries, "kingbolt: slot::retry wants an asynchronous call: the pauses would block the caller");
    static_assert(is_async || !flies_together, "kingbolt: slot::single_flight wants an asynchronous call: the others would block");
    static_assert(!(caches || flies_together) || is_key<Arguments>,
                  "kingbolt: slot::stale_cache and slot::single_flight want arguments with == and std::hash: they are the key");
    static_assert(!(caches || flies_together) || std::is_copy_constructible_v<T>,
                  "kingbolt: slot::stale_cache and slot::single_flight want an answer that can be copied (use std::shared_ptr<const T>)");

    using Set = BreakerPolicySet<Policies...>;
    using Breaker = typename BreakerOf<decltype(std::declval<const Set&>().template all<slot::trip_rule>())>::type;

public:
    /// Throws InvalidOption.
    BreakerCore(Fn fn, Policies... policies)
        : policies_{static_cast<Policies&&>(policies)...},
          fn_{std::move(fn)},
          seed_{seed_or_device(option<slot::seed>(defaults_.seed))},
          breaker_{make_breaker()} {
        validate(rate_limit());
        validate(bulkhead());
        validate(retry());
        validate(option<slot::stale_cache>(defaults_.stale_cache));
    }

    Breaker& breaker() noexcept { return breaker_; }
    const std::string& name() noexcept { return option<slot::breaker_name>(defaults_.name).name; }
    TimePoint now() { return option<slot::clock>(defaults_.clock).now(); }

    /// The breaker alone: no limit, no bulkhead.
    Permit acquire(TimePoint now) noexcept {
        const engine::Passage passage = breaker_.acquire(now);
        tell(passage.transition, now);
        return passage.permitted ? Permit{*this, passage.generation, now} : Permit{passage.retry_after};
    }

    /// Of a permit.
    void settle(std::uint32_t generation, Classification result, TimePoint began, bool in_bulkhead) noexcept {
        const TimePoint ended = now();
        if (in_bulkhead) bulkhead().leave(bulkhead_, result, ended - began);
        tell(breaker_.settle(generation, result, ended - began, ended), ended);
    }

    void tell(const std::optional<engine::Transition>& change, TimePoint now) noexcept {
        if (!change) return;
        try {
            policies_.template emit<event::BreakerChanged>([&] {
                return event::BreakerChanged{
                    name(), change->from, change->to, change->reason, change->generation, breaker_.counts(), change->retry_after, now};
            });
            changes_.changed();
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the state has changed, and who asks for it will see it
        }
    }

    std::size_t cached() { return answers_.size(); }

    // A call that blocks.

    Reply<T> call(Arguments arguments) {
        const TimePoint began = now();
        if (auto fresh = answers_.fresh(arguments, began)) return *std::move(fresh);
        Attempted attempted = [&] {
            Entrance entrance = enter(began);
            if (!entrance.permit) return Attempted{Reply<T>::failed(std::move(entrance.trouble)), true};
            return conclude(entrance.permit, invoke(arguments), arguments);
        }();
        return substituted(std::move(attempted), arguments);
    }

    // A call that is awaited.

    static asio::awaitable<Reply<T>> call_async(std::shared_ptr<BreakerCore> self, Arguments arguments) {
        if (auto fresh = self->answers_.fresh(arguments, self->now())) co_return *std::move(fresh);
        Attempted attempted = co_await self->share(arguments);
        co_return self->substituted(std::move(attempted), arguments);
    }

    /// See CircuitBreaker::watch.
    template <class Probe>
    static asio::awaitable<void> watch(std::shared_ptr<BreakerCore> self, Probe probe) {
        // A bound on each wait costs nothing, and lets whoever destroys the executor destroy this coroutine too.
        constexpr Duration longest = std::chrono::hours{24};
        for (;;) {
            const auto change = self->changes_.next();
            const TimePoint now = self->now();
            self->tell(self->breaker_.on_timer(now), now);
            const BreakerState state = self->breaker_.state();
            Duration wait = longest;
            if (state == BreakerState::open) wait = std::min(longest, self->breaker_.retry_after(now));
            if (state == BreakerState::half_open && co_await probe()) wait = self->probing().lease;
            if (co_await change->wait(self->timers(), wait) == Waited::cancelled) co_return;
        }
    }

private:
    struct Entrance {
        Permit permit;
        CallTrouble trouble{};
    };

    /// What an attempt, or all of them, came to.
    struct Attempted {
        Reply<T> reply;
        bool substitutable = false;  ///< the service failed, or was not asked: an older answer is better than none
    };

    template <class Slot, class Default>
    auto& option(Default& fallback) noexcept {
        return policies_.template get<Slot>(fallback);
    }
    auto& rate_limit() noexcept { return option<slot::rate_limit>(defaults_.rate_limit); }
    auto& bulkhead() noexcept { return option<slot::bulkhead>(defaults_.bulkhead); }
    auto& retry() noexcept { return option<slot::retry>(defaults_.retry); }
    auto& timeout() noexcept { return option<slot::timeout>(defaults_.timeout); }
    auto& timers() noexcept { return option<slot::timers>(defaults_.timers); }

    /// A probe's lease outlasts the call's own timeout.
    Probing probing() noexcept {
        Probing probing = option<slot::probing>(defaults_.probing);
        if constexpr (times_out) probing.lease = std::max<Duration>(probing.lease, timeout().after + std::chrono::seconds{1});
        return probing;
    }
    Breaker make_breaker() {
        // What the user has set, before a lease is made of both, which may be longer than one that is set.
        validate(timeout());
        validate(option<slot::probing>(defaults_.probing));
        const auto make = [this](auto... rules) {
            return Breaker{option<slot::open_time>(defaults_.open_time), probing(), seed_, rules...};
        };
        if constexpr (times_filled<slot::trip_rule, Policies...> == 0)
            return make(defaults_.trip_rule);
        else
            return std::apply(make, std::as_const(policies_).template all<slot::trip_rule>());
    }

    Entrance enter(TimePoint now) noexcept {
        if (const Admission admission = rate_limit().admit(rate_limit_, now); !admission)
            return {Permit{admission.retry_after}, {ReplyReason::rate_limited, Errc::rate_limited, {}, admission.retry_after}};
        Permit permit = acquire(now);
        if (!permit) {
            const Duration retry_after = permit.retry_after();
            return {std::move(permit), {ReplyReason::breaker_open, Errc::breaker_open, {}, retry_after}};
        }
        if (!bulkhead().enter(bulkhead_)) {
            permit.settle(Classification::cancelled);
            return {std::move(permit), {ReplyReason::bulkhead_full, Errc::bulkhead_full, {}, {}}};
        }
        permit.in_bulkhead_ = true;
        return {std::move(permit)};
    }

    Outcome<T> invoke(const Arguments& arguments) noexcept {
        try {
            if constexpr (std::is_void_v<typename Call::Result>) {
                std::apply(fn_, Arguments{arguments});
                return {.value = T{}};
            } else {
                return Outcome<T>::of(std::apply(fn_, Arguments{arguments}));
            }
        } catch (...) {
            return Outcome<T>::of_exception();
        }
    }
    static asio::awaitable<Outcome<T>> invoke_async(std::shared_ptr<BreakerCore> self, Arguments arguments) {
        try {
            if constexpr (std::is_void_v<typename Awaited<typename Call::Result>::type>) {
                co_await std::apply(self->fn_, std::move(arguments));
                co_return Outcome<T>{.value = T{}};
            } else {
                co_return Outcome<T>::of(co_await std::apply(self->fn_, std::move(arguments)));
            }
        } catch (...) {
            co_return Outcome<T>::of_exception();
        }
    }

    /// Settles, keeps or erases what the cache has, and makes the reply.
    Attempted conclude(Permit& permit, Outcome<T> outcome, const Arguments& arguments) {
        const Classification result = classify(outcome);
        permit.settle(result);
        if (result == Classification::success && outcome.value) answers_.keep(arguments, *outcome.value, now());
        if (result == Classification::negative) answers_.erase(arguments);
        if constexpr (retries)
            if (result == Classification::success || result == Classification::negative) retry().on_success(retry_);
        if (outcome.value && result != Classification::failure && result != Classification::cancelled)
            return {Reply<T>::live(*std::move(outcome.value))};
        const auto reason = result == Classification::cancelled ? ReplyReason::cancelled : ReplyReason::call_failed;
        if (!outcome.error) outcome.error = result == Classification::cancelled ? Errc::call_cancelled : Errc::call_failed;
        return {Reply<T>::failed({reason, outcome.error, std::move(outcome.exception), {}}), result == Classification::failure};
    }
    Classification classify(const Outcome<T>& outcome) noexcept {
        try {
            return option<slot::classifier>(defaults_.classifier)(
                CallResult<T>{outcome.value ? &*outcome.value : nullptr, outcome.error, outcome.exception});
        } catch (...) {
            return Classification::failure;
        }
    }

    asio::awaitable<Attempted> attempt(Arguments arguments) {
        Entrance entrance = enter(now());
        if (!entrance.permit) co_return Attempted{Reply<T>::failed(std::move(entrance.trouble)), true};
        Outcome<T> outcome;
        if constexpr (times_out) {
            const auto call = std::make_shared<SharedCall<Outcome<T>, Timers>>(co_await asio::this_coro::executor);
            call->start([self = this->shared_from_this(), arguments] { return invoke_async(self, arguments); });
            const Waited waited = co_await call->wait(timers(), timeout().after);
            if (waited == Waited::timed_out) {
                entrance.permit.fail();
                co_return Attempted{Reply<T>::failed({ReplyReason::timeout, Errc::call_timeout, {}, {}}), true};
            }
            if (waited != Waited::happened) co_return cancelled(entrance.permit);
            outcome = call->take();
        } else {
            outcome = co_await invoke_async(this->shared_from_this(), arguments);
            const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
            if (!outcome.value && state.cancelled() != asio::cancellation_type::none) co_return cancelled(entrance.permit);
        }
        co_return conclude(entrance.permit, std::move(outcome), arguments);
    }
    static Attempted cancelled(Permit& permit) noexcept {
        permit.settle(Classification::cancelled);
        return cancelled();
    }
    static Attempted cancelled() noexcept { return {Reply<T>::failed({ReplyReason::cancelled, Errc::call_cancelled, {}, {}})}; }

    asio::awaitable<Attempted> attempts(Arguments arguments) {
        if constexpr (!retries) {
            co_return co_await attempt(std::move(arguments));
        } else {
            typename RetryPolicy::Progress progress;
            for (;;) {
                Attempted attempted = co_await attempt(arguments);
                // What the classifier does not call a failure is not tried again either.
                const auto reason = attempted.substitutable ? attempted.reply.reason() : ReplyReason::none;
                const auto pause_for = retry().next(retry_, progress, reason, chance());
                if (!pause_for) co_return attempted;
                if (co_await pause(timers(), *pause_for) == Waited::cancelled) co_return cancelled();
            }
        }
    }

    asio::awaitable<Attempted> share(Arguments arguments) {
        if constexpr (!flies_together) {
            co_return co_await attempts(std::move(arguments));
        } else {
            for (;;) {
                auto fly = [self = this->shared_from_this(), arguments] { return self->attempts(arguments); };
                const auto flight = flights_.join(arguments, co_await asio::this_coro::executor, std::move(fly));
                switch (co_await flight->wait(timers())) {
                case Waited::happened: co_return flight->result();
                case Waited::given_up: continue;  // all others left between `join` and `wait`
                default: co_return cancelled();
                }
            }
        }
    }

    Reply<T> substituted(Attempted attempted, const Arguments& arguments) {
        if (attempted.reply || !attempted.substitutable) return std::move(attempted.reply);
        if (auto stale = answers_.instead(arguments, now(), attempted.reply.trouble())) return *std::move(stale);
        if constexpr (falls_back)
            return Reply<T>::fallback(option<slot::fallback>(defaults_.fallback).f(attempted.reply.trouble()), attempted.reply.trouble());
        else
            return std::move(attempted.reply);
    }

    std::uint64_t chance() noexcept { return engine::Random{seed_ + chances_.fetch_add(1, std::memory_order_relaxed)}(); }

    BreakerDefaults defaults_{};
    Set policies_;
    Fn fn_;
    std::uint64_t seed_;
    std::atomic<std::uint64_t> chances_{0};
    Breaker breaker_;
    [[no_unique_address]] typename RateLimitPolicy::SharedState rate_limit_{};
    [[no_unique_address]] typename BulkheadPolicy::State bulkhead_{};
    [[no_unique_address]] typename RetryPolicy::State retry_{retry()};
    [[no_unique_address]] StaleAnswers<StaleCachePolicy, Arguments, T> answers_{option<slot::stale_cache>(defaults_.stale_cache)};
    [[no_unique_address]] std::conditional_t<flies_together, Flights<Arguments, Attempted, Timers>, NoSingleFlight> flights_{};
    ChangeSignal<Timers> changes_{};
};

}  // namespace detail
}  // namespace kingbolt
