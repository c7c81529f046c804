#pragma once
// A circuit breaker as a method that clients may call: a live answer is a reply, the last good one a stale reply with its age, and where
// there is neither the reason is the error's code.
//
//     channels.method("agents.status", kb::guarded(io.get_executor(), status, decode, encode));
//
// `decode` makes the breaker's arguments of the params: `(const Call&) -> std::optional<std::tuple<…>>`; none: the params are bad.
// `encode` writes a value of the breaker as one of the protocol: `(const value_type&) -> std::string`, or what a std::string_view can be
// made of.

#include <kingbolt/channels/call.hpp>
#include <kingbolt/circuit_breaker.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace kingbolt {

/// What an application says instead of the breaker's reason, with a code of its own.
struct MethodError {
    std::string code{};
    std::string message{};
    bool retry = false;
};

/// Leaves it to the breaker to say why there is no value. In its place: `(const Reply<value_type>&) -> std::optional<MethodError>`, asked
/// of replies without a value.
struct BreakerSaysWhy {
    template <class T>
    std::optional<MethodError> operator()(const Reply<T>&) const {
        return std::nullopt;
    }
};

namespace detail {

/// What calls share that are on their way, so that the method may be replaced meanwhile.
template <class Breaker, class Decode, class Encode, class Explain>
struct GuardedMethod {
    Breaker breaker;
    Decode decode;
    Encode encode;
    Explain explain;

    /// None: the call has been answered.
    auto arguments(const Call& call) {
        auto arguments = decode(call);
        if (!arguments) call.fail("bad_params", "the method does not take these params");
        return arguments;
    }

    template <class Arguments>
    auto ask(Arguments arguments) {
        return std::apply(breaker, std::move(arguments));
    }

    template <class T>
    void answer(const Call& call, const Reply<T>& reply) {
        if (call.is_over()) return;
        if (reply) {
            const auto& data = encode(*reply);
            return reply.stale() ? call.reply_stale(data, reply.age()) : call.reply(data);
        }
        if (std::optional<MethodError> error = explain(reply))
            return call.fail(std::move(error->code), std::move(error->message), error->retry);
        const bool retry = reply.reason() != ReplyReason::cancelled;
        const bool knows_when = reply.retry_after() > Duration::zero() && reply.retry_after() < Duration::max();
        call.fail(std::string{to_string(reply.reason())}, breaker.stats().name + ": " + reply.error().message(), retry,
                  retry && knows_when ? std::optional{reply.retry_after()} : std::nullopt);
    }

    template <class Arguments>
    static asio::awaitable<void> run(std::shared_ptr<GuardedMethod> self, Call call, Arguments arguments) {
        const auto reply = co_await self->ask(std::move(arguments));
        self->answer(call, reply);
    }
};

template <RpcFn Fn>
inline constexpr bool is_awaited = Awaited<typename CallOf<Fn>::Result>::is_awaitable;

}  // namespace detail

/// Of a breaker whose call blocks, and the hub's loop with it: fit for what answers at once. The method is another handle of the breaker,
/// and keeps it.
template <RpcFn Fn, class... Policies, class Decode, class Encode, class Explain = BreakerSaysWhy>
    requires(!detail::is_awaited<Fn>)
auto guarded(CircuitBreaker<Fn, Policies...> breaker, Decode decode, Encode encode, Explain explain = {}) {
    using Parts = detail::GuardedMethod<CircuitBreaker<Fn, Policies...>, Decode, Encode, Explain>;
    auto parts = std::make_shared<Parts>(Parts{std::move(breaker), std::move(decode), std::move(encode), std::move(explain)});
    return [parts = std::move(parts)](const Call& call) {
        if (auto arguments = parts->arguments(call)) parts->answer(call, parts->ask(*std::move(arguments)));
    };
}

/// Of a breaker whose call is awaited, on `executor`, which is that of the hub's loop. A call that is over without an answer (cancelled by
/// the client, who may have gone, or too long on its way) cancels the coroutine that waits for the breaker. What that throws answers
/// `internal`.
template <RpcFn Fn, class... Policies, class Decode, class Encode, class Explain = BreakerSaysWhy>
    requires detail::is_awaited<Fn>
auto guarded(asio::any_io_executor executor, CircuitBreaker<Fn, Policies...> breaker, Decode decode, Encode encode, Explain explain = {}) {
    using Parts = detail::GuardedMethod<CircuitBreaker<Fn, Policies...>, Decode, Encode, Explain>;
    auto parts = std::make_shared<Parts>(Parts{std::move(breaker), std::move(decode), std::move(encode), std::move(explain)});
    return [executor = std::move(executor), parts = std::move(parts)](const Call& call) {
        auto arguments = parts->arguments(call);
        if (!arguments) return;
        // The coroutine has it too: it looks at it until its end.
        const auto signal = std::make_shared<asio::cancellation_signal>();
        call.on_cancel([signal] {
            try {
                signal->emit(asio::cancellation_type::terminal);
            } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the breaker works in vain
            }
        });
        const auto ended = [call, signal](const std::exception_ptr& error) {
            if (error) call.fail("internal", "the method failed", true);
        };
        asio::co_spawn(executor, Parts::run(parts, call, *std::move(arguments)), asio::bind_cancellation_slot(signal->slot(), ended));
    };
}

}  // namespace kingbolt
