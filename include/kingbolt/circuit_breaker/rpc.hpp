#pragma once
// The calls that a circuit breaker can guard.

#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>

#include <concepts>
#include <exception>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <kingbolt/core/error.hpp>

namespace kingbolt {

namespace detail {

template <class F>
struct Signature;
template <class R, class... A>
struct Signature<R(A...)> {
    using Result = R;
    using Arguments = std::tuple<std::decay_t<A>...>;
};
template <class R, class... A>
struct Signature<R (*)(A...)> : Signature<R(A...)> {};
template <class R, class... A>
struct Signature<R (*)(A...) noexcept> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) noexcept> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R(A...)> {};

template <class F>
struct CallOf;
template <class F>
    requires requires { typename Signature<std::decay_t<F>>::Result; }
struct CallOf<F> : Signature<std::decay_t<F>> {};
template <class F>
    requires requires { &F::operator(); }
struct CallOf<F> : Signature<decltype(&F::operator())> {};

template <class R>
struct Awaited {
    using type = R;
    static constexpr bool is_awaitable = false;
};
template <class R, class Executor>
struct Awaited<asio::awaitable<R, Executor>> {
    using type = R;
    static constexpr bool is_awaitable = true;
};

}  // namespace detail

/// Worked models: `[](std::string id) { return ask(id); }`, which gives a value or throws;
/// `[](std::string id) -> asio::awaitable<Status> { … }`; and either with something like std::expected in place of the value.
/// One call operator, no template: its parameters are the call's, and the cache's key.
/// What takes a completion token instead is made into one by `rpc<Status(std::string)>(f)`.
template <class F>
concept RpcFn = requires {
    typename detail::CallOf<F>::Result;
    typename detail::CallOf<F>::Arguments;
};

/// Has a value or an error, as std::expected does.
template <class R>
concept ExpectedLike = requires(R& result) {
    typename R::value_type;
    { result.has_value() } -> std::convertible_to<bool>;
    { *std::move(result) } -> std::convertible_to<typename R::value_type>;
    result.error();
};

/// A function that takes a completion token last, of signature void(std::error_code, R), as a call.
template <class Signature, class F>
struct Rpc;
/// A call of this signature.
template <class R, class... A, class F>
struct Rpc<R(A...), F> {
    F f;  ///< the function
    asio::awaitable<R> operator()(A... arguments) { return f(std::move(arguments)..., asio::use_awaitable); }
};

/// Names the signature: `rpc<Status(std::string)>(f)`.
template <class Signature, class F>
Rpc<Signature, F> rpc(F f) {
    return {std::move(f)};
}

namespace detail {

template <class R>
struct ValueOf {
    using type = R;
};
template <>
struct ValueOf<void> {
    using type = std::monostate;
};
template <ExpectedLike R>
struct ValueOf<R> {
    using type = typename ValueOf<typename R::value_type>::type;
};

}  // namespace detail

/// What a call of F is about in the end: no awaitable, no expected; std::monostate for nothing.
template <RpcFn F>
using rpc_value_t = typename detail::ValueOf<typename detail::Awaited<typename detail::CallOf<F>::Result>::type>::type;

/// How a call ended, all ways it can in one.
template <class T>
struct Outcome {
    std::optional<T> value{};  ///< none: it failed
    std::error_code error{};
    std::exception_ptr exception{};

    /// Of what the call gave.
    template <class R>
    static Outcome of(R&& result) {
        if constexpr (ExpectedLike<std::remove_cvref_t<R>>) {
            if (result.has_value()) return {.value = T(*std::forward<R>(result))};
            if constexpr (std::is_convertible_v<decltype(result.error()), std::error_code>)
                return {.error = result.error()};
            else
                return {.error = Errc::call_failed, .exception = std::make_exception_ptr(result.error())};
        } else {
            return {.value = T(std::forward<R>(result))};
        }
    }

    /// Of the exception that is being handled.
    static Outcome of_exception() noexcept {
        Outcome outcome{.error = Errc::call_failed, .exception = std::current_exception()};
        try {
            throw;
        } catch (const std::system_error& error) {
            outcome.error = error.code();
        } catch (...) {  // NOLINT(bugprone-empty-catch): there is no more to say
        }
        return outcome;
    }
};

}  // namespace kingbolt
