#pragma once
// A circuit breaker around one call to a service that may fail. While it fails nobody waits for it: after a few failures the breaker opens,
// calls are answered at once with the last good answer, marked stale and aged, and from time to time one call finds out whether the service
// is back.
//
//     kb::CircuitBreaker status{[&](std::string agent) { return engine.status(agent); },     // a value, or an awaitable of one
//                               kb::ConsecutiveFailures{.threshold = 5, .open_for = 5min},
//                               kb::StaleCache{.capacity = 1'024, .max_age = 1h},
//                               kb::Timeout{2s},
//                               kb::On{[](const kb::event::BreakerChanged& e) { log(e); }}};
//     const kb::Reply<Status> reply = co_await status("agent-7");
//     if (!reply)             log("unavailable, retry after {}", reply.retry_after());
//     else if (reply.stale()) show(*reply, reply.age());
//     else                    show(*reply);
//
// Policies come in any order; whatever their order, they act, from the outside to the inside, as: stale answer and fallback, single flight,
// retry, rate limiter, breaker, bulkhead, timeout, the call. A policy that is absent costs nothing. BreakerDefaults lists the defaults.

#include <kingbolt/circuit_breaker/core.hpp>
#include <kingbolt/policy/failure_rate.hpp>
#include <kingbolt/policy/on.hpp>
#include <kingbolt/policy/slow_calls.hpp>

#include <asio/awaitable.hpp>

#include <concepts>
#include <memory>
#include <tuple>
#include <utility>

namespace kingbolt {

/// Any thread, all of it, provided that the call itself may be made from any thread.
template <RpcFn Fn, class... Policies>
class CircuitBreaker {
    using Core = detail::BreakerCore<Fn, Policies...>;
    using Arguments = typename Core::Arguments;

public:
    /// What a reply holds: what the call gives; std::monostate when it gives nothing.
    using value_type = typename Core::T;
    /// What `acquire` gives.
    using Permit = typename Core::Permit;

    /// Throws InvalidOption when a policy is out of its range.
    explicit CircuitBreaker(Fn fn, Policies... policies)
        : core_{std::make_shared<Core>(std::move(fn), static_cast<Policies&&>(policies)...)} {}

    /// Calls, with arguments that the call's parameters can be made from: a Reply<value_type>, or an asio::awaitable of one when the call
    /// is awaitable. Never throws what the call throws; a Fallback's exception passes through.
    ///
    /// Cancelling the coroutine that awaits it cancels the call, which is no failure; with SingleFlight, when nobody else waits for it. A
    /// coroutine that had been cancelled before gets the usual std::system_error of asio::error::operation_aborted.
    template <class... A>
    auto operator()(A&&... arguments) requires std::constructible_from<Arguments, A...> &&(sizeof...(A) == std::tuple_size_v<Arguments>) {
        if constexpr (Core::is_async)
            return Core::call_async(core_, Arguments{std::forward<A>(arguments)...});
        else
            return core_->call(Arguments{std::forward<A>(arguments)...});
    }

    /// For a call that is made elsewhere: asks the breaker, and nothing else, and hands back the result by hand.
    [[nodiscard]] Permit acquire() { return core_->acquire(core_->now()); }

    // By hand. Closing what is closed is no event, and keeps the count of failures.

    /// Rejects all until `close` or `disable`.
    void force_open() { core_->tell(core_->breaker().force_open(), core_->now()); }
    /// Closed, whatever it was.
    void close() { core_->tell(core_->breaker().close(), core_->now()); }
    /// Lets all pass until `close` or `force_open`; results are counted.
    void disable() { core_->tell(core_->breaker().disable(), core_->now()); }

    /// As the last change left it. An open breaker becomes half-open when its time is over and somebody calls, or watches.
    BreakerState state() const noexcept { return core_->breaker().state(); }
    /// Figures are read one after the other, not at one instant.
    BreakerStats stats() const {
        auto& breaker = core_->breaker();
        return {core_->name(),        breaker.state(),
                breaker.generation(), breaker.consecutive_failures(),
                breaker.counts(),     breaker.retry_after(core_->now()),
                core_->cached()};
    }

    /// Makes an open breaker half-open as soon as its time is over, so that observers see it without traffic. Until it is cancelled; give
    /// it to asio::co_spawn.
    asio::awaitable<void> watch() {
        return Core::watch(core_, []() -> asio::awaitable<bool> { co_return false; });
    }
    /// Likewise, and then calls with these arguments, so that no caller has to wait for a probe.
    template <class... A>
        asio::awaitable<void> watch_and_probe(A&&... arguments) requires(Core::is_async) && std::constructible_from<Arguments, A...> {
        auto probe = [core = core_, key = Arguments{std::forward<A>(arguments)...}]() -> asio::awaitable<bool> {
            co_await Core::call_async(core, key);
            co_return true;
        };
        return Core::watch(core_, std::move(probe));
    }

private:
    std::shared_ptr<Core> core_;
};

template <class Fn, class... Policies>
CircuitBreaker(Fn, Policies&&...) -> CircuitBreaker<Fn, held_t<Policies&&>...>;

}  // namespace kingbolt
