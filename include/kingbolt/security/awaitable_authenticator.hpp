#pragma once
// An authenticator that is a coroutine: it may ask a database, or a server. Link kingbolt::native, or Asio.
//
//     kb::AwaitableAuthenticator authenticator{io.get_executor(), [&](kb::HttpRequest request) -> asio::awaitable<kb::Authentication> {
//         const auto user = co_await sessions.user_of(request.header("Cookie"));
//         co_return user ? kb::Authentication::accept({.subject = *user}) : kb::Authentication::refuse("no such session");
//     }};

#include <kingbolt/concepts/authenticator.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/engine/text.hpp>
#include <kingbolt/security/token_sources.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>

#include <atomic>
#include <concepts>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kingbolt {

namespace security {

/// One answer on its way. It is settled once: by the coroutine, or by who does not want it any more.
class AwaitedAuthentication : public std::enable_shared_from_this<AwaitedAuthentication> {
public:
    AwaitedAuthentication(const asio::any_io_executor& executor, AuthenticationDone done)
        : strand_{asio::make_strand(executor)}, done_{std::move(done)} {}

    /// `make()` gives the coroutine.
    template <class Make>
    void start(Make make) {
        auto run = [make = std::move(make)]() mutable -> asio::awaitable<Authentication> { co_return co_await make(); };
        auto ended = [self = shared_from_this()](const std::exception_ptr& failure, Authentication answer) {
            if (!self->settled_.exchange(true)) self->done_(failure ? Authentication::unavailable(words(failure)) : std::move(answer));
        };
        asio::co_spawn(strand_, std::move(run), asio::bind_cancellation_slot(signal_.slot(), std::move(ended)));
    }

    /// From any thread. What was settled stays so.
    void cancel() noexcept {
        if (settled_.exchange(true)) return;
        try {
            asio::post(strand_, [self = shared_from_this()] { self->signal_.emit(asio::cancellation_type::terminal); });
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): it goes on, and nobody hears what comes of it
        }
    }

private:
    static std::string words(const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& known) {
            return "the authenticator failed: " + engine::in_quotes(known.what());  // it may quote what the client sent
        } catch (...) {
            return "the authenticator failed";
        }
    }

    asio::strand<asio::any_io_executor> strand_;  // the executor may have several threads; a signal may not
    asio::cancellation_signal signal_;
    AuthenticationDone done_;
    std::atomic<bool> settled_ = false;
};

/// What the hub keeps while it waits: the last copy cancels when it goes. It may outlive the executor.
class CancelAtEnd {
public:
    explicit CancelAtEnd(const std::shared_ptr<AwaitedAuthentication>& awaited) noexcept : awaited_{awaited} {}
    ~CancelAtEnd() { cancel(); }
    CancelAtEnd(const CancelAtEnd&) = delete;
    CancelAtEnd& operator=(const CancelAtEnd&) = delete;
    void cancel() noexcept {
        if (const auto awaited = awaited_.lock()) awaited->cancel();
    }

private:
    std::weak_ptr<AwaitedAuthentication> awaited_;  // the coroutine keeps it
};

}  // namespace security

/// Takes no new tokens on a connection that is open.
struct NoRefresh {
    asio::awaitable<Authentication> operator()(std::string) const { co_return Authentication::refuse("tokens are not refreshed"); }
};

/// An AsyncAuthenticator. Each call runs `judge(HttpRequest)` or `judge_refresh(std::string token)`, both an awaitable<Authentication>, on
/// a strand of the executor, and calls `done` there, once. What the coroutine throws makes it `unavailable`. When the CancelAuthentication
/// is called or gone, the coroutine is cancelled (asio::cancellation_type::terminal) and `done` is not called any more, unless it has been
/// already; nor when the executor is destroyed first. Calls on their way keep `judge`: the authenticator may go before them.
template <std::invocable<HttpRequest> Judge, std::invocable<std::string> JudgeRefresh = NoRefresh>
class AwaitableAuthenticator {
public:
    using slot = slot::authenticator;

    /// `sources`: of which cookie tokens are taken out before the application sees a request. Throws InvalidOption.
    AwaitableAuthenticator(asio::any_io_executor executor, Judge judge, JudgeRefresh judge_refresh = {}, TokenSources sources = {})
        : executor_{std::move(executor)},
          judge_{std::make_shared<Judge>(std::move(judge))},
          judge_refresh_{std::make_shared<JudgeRefresh>(std::move(judge_refresh))},
          sources_{std::move(sources)} {
        sources_.validate();
    }

    /// What AsyncAuthenticator asks.
    CancelAuthentication async_authenticate(const HttpRequest& request, AuthenticationDone done) {
        return start(judge_, request, std::move(done));
    }
    /// Likewise.
    CancelAuthentication async_refresh(std::string_view token, AuthenticationDone done) {
        return start(judge_refresh_, std::string{token}, std::move(done));
    }
    /// Nobody in particular: what a request shows is known to `judge` alone.
    std::string account(const HttpRequest&) const { return {}; }
    void redact(UpgradeRequest& request) const { sources_.redact(request); }

private:
    template <class Function, class Argument>
    CancelAuthentication start(std::shared_ptr<Function> function, Argument argument, AuthenticationDone done) {
        const auto awaited = std::make_shared<security::AwaitedAuthentication>(executor_, std::move(done));
        awaited->start(
            [function = std::move(function), argument = std::move(argument)]() mutable { return (*function)(std::move(argument)); });
        return [kept = std::make_shared<security::CancelAtEnd>(awaited)] { kept->cancel(); };
    }

    asio::any_io_executor executor_;
    std::shared_ptr<Judge> judge_;
    std::shared_ptr<JudgeRefresh> judge_refresh_;
    TokenSources sources_;
};

namespace security {
using AwaitableFunction = asio::awaitable<Authentication> (*)(HttpRequest);
}
static_assert(AsyncAuthenticator<AwaitableAuthenticator<security::AwaitableFunction>>);

}  // namespace kingbolt
