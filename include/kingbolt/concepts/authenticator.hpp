#pragma once
// Who is asking for an upgrade? An authenticator answers at once, or later.

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/identity.hpp>
#include <kingbolt/core/time.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

/// What became of a client's credentials.
struct Authentication {
    std::optional<Identity> identity{};    ///< none: refused
    std::optional<Duration> expires_in{};  ///< until the credentials are no good any more, which may be over; none: for ever
    bool presented = true;                 ///< false: there were none, so that nothing has been guessed
    bool available = true;                 ///< false: nobody could judge them just now
    std::string detail{};                  ///< why it was refused: for the journal, never for the client
    std::string challenge = "Bearer";      ///< of a refusal: the value of WWW-Authenticate (RFC 9110 §11.6.1)

    /// The credentials are good, for that long.
    static Authentication accept(Identity who, std::optional<Duration> expires_in = {}) {
        return {.identity = std::move(who), .expires_in = expires_in};
    }
    /// They are bad: 401, and a failed attempt.
    static Authentication refuse(std::string detail) { return {.detail = std::move(detail)}; }
    /// There are none: 401, and nobody has guessed.
    static Authentication missing(std::string detail = "no credentials") { return {.presented = false, .detail = std::move(detail)}; }
    /// Nobody can say: 503.
    static Authentication unavailable(std::string detail) { return {.available = false, .detail = std::move(detail)}; }
    /// Something was shown, and it was wrong.
    bool is_failure() const noexcept { return !identity && presented && available; }
    explicit operator bool() const noexcept { return identity.has_value(); }
};

/// Worked model: JwtAuthenticator in security/jwt.hpp. Everything runs on the hub's loop. What it throws is as good as `unavailable`: the
/// client is answered 503.
///   authenticate   judges what an upgrade request shows
///   refresh        judges a new token of a client that is connected already
///   account        whom the request claims to be, unverified: failures are counted for that name. Empty: nobody in particular
///   redact         takes the credentials out of a request, before the application sees it and can write it to a log
template <class A>
concept SyncAuthenticator = requires(A& authenticator, const HttpRequest& request, UpgradeRequest& mutable_request,
                                     std::string_view token) {
    { authenticator.authenticate(request) } -> std::same_as<Authentication>;
    { authenticator.refresh(token) } -> std::same_as<Authentication>;
    { authenticator.account(request) } -> std::convertible_to<std::string>;
    authenticator.redact(mutable_request);
};

/// How an answer is given that takes its time: once, from any thread.
using AuthenticationDone = std::function<void(Authentication)>;
/// Destroyed or called when the client has left: the answer is not wanted any more.
using CancelAuthentication = std::function<void()>;

/// Likewise, but `async_authenticate` and `async_refresh` call `done` later, or from within. Worked model: AwaitableAuthenticator in
/// security/awaitable_authenticator.hpp.
template <class A>
concept AsyncAuthenticator = requires(A& authenticator, const HttpRequest& request, UpgradeRequest& mutable_request, std::string_view token,
                                      AuthenticationDone done) {
    { authenticator.async_authenticate(request, done) } -> std::convertible_to<CancelAuthentication>;
    { authenticator.async_refresh(token, done) } -> std::convertible_to<CancelAuthentication>;
    { authenticator.account(request) } -> std::convertible_to<std::string>;
    authenticator.redact(mutable_request);
};

/// One that answers at once, or later.
template <class A>
concept Authenticator = SyncAuthenticator<A> || AsyncAuthenticator<A>;

}  // namespace kingbolt
