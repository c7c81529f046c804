#pragma once
// Hub: as whom a session came in, for how long that holds, and what it permits. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt {

/// Credentials are judged after everything that costs less, and not at all while their account is locked.
template <class T, class... P>
UpgradeResponse Hub<T, P...>::identify(Record& session, const UpgradeRequest& request) {
    std::string account;
    if (auto failure = failure_of([&] { account = authenticator_.account(request); })) return unavailable(session, std::move(*failure));
    if (const AuthCharge charged = charge(session, account); !charged) {
        tell_of_failed_login(session, AuthFailure::locked, false);
        return refuse(session, Cause::unauthenticated, try_later(429, "too many failed attempts", charged.retry_after),
                      "locked after too many failed attempts");
    }
    if constexpr (SyncAuthenticator<AuthenticatorPolicy>) {
        Authentication result;
        if (auto failure = failure_of([&] { result = authenticator_.authenticate(request); }))
            result = Authentication::unavailable(std::move(*failure));
        return welcome(session, request, account, std::move(result));
    } else {
        auto& pending = session.more.credentials.pending;
        pending = std::make_unique<engine::Credentials::Pending>(engine::Credentials::Pending{request, account, {}});
        auto done = when_judged(session.id(), [this](Record& asking, Authentication judged) {
            const auto upgrade = std::move(asking.more.credentials.pending);
            if (!upgrade || asking.stage != Stage::handshake) return;
            asking.connection.answer_upgrade(draining_ ? refuse_draining(asking)
                                                       : welcome(asking, upgrade->request, upgrade->account, std::move(judged)));
        });
        CancelAuthentication cancel;
        if (auto failure = failure_of([&] { cancel = authenticator_.async_authenticate(request, std::move(done)); })) {
            pending.reset();
            return welcome(session, request, account, Authentication::unavailable(std::move(*failure)));
        }
        pending->cancel = std::move(cancel);
        return UpgradeResponse::deferred();
    }
}

/// That the authenticator fails is no guess, and worth another attempt.
template <class T, class... P>
UpgradeResponse Hub<T, P...>::unavailable(Record& session, std::string what) {
    tell_of_failure(session.id(), what);
    return refuse(session, Cause::handler_error, try_later(503, "authentication is not available", {}), std::move(what));
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::welcome(Record& session, const UpgradeRequest& request, const std::string& account, Authentication result) {
    if (!result.is_failure()) refund(session, account);
    if (!result) tell_of_failed_login(session, why_failed(result), false);
    if (!result.available) return unavailable(session, std::move(result.detail));
    if (!result) {
        auto response = UpgradeResponse::refuse(401, "authentication required\n");
        response.headers.emplace_back("WWW-Authenticate", result.challenge);
        return refuse(session, Cause::unauthenticated, std::move(response), std::move(result.detail));
    }
    auto who = std::make_unique<const Identity>(*std::move(result.identity));
    if (const auto decision = admission_.enter_subject(admission_state_, who->subject, now_); !decision) return refuse(session, decision);
    session.more.credentials.identity = std::move(who);
    session.more.credentials.subject_counted = true;
    expire_in(session, result.expires_in);
    tell_of_identity(session, result.expires_in, false);
    // From here on nobody can write the credentials to a log.
    UpgradeRequest shown = request;
    if (auto failure = failure_of([&] { authenticator_.redact(shown); })) return unavailable(session, std::move(*failure));
    shown.identity = session.more.credentials.identity.get();
    return ask_application(session, shown);
}

/// Where there is no memory for it, nothing has changed.
template <class T, class... P>
void Hub<T, P...>::expire_in(Record& session, std::optional<Duration> time) {
    // Longer than anything runs, and short enough for 64 bits of nanoseconds.
    constexpr Duration for_ever = std::chrono::hours{24 * 365 * 10};
    const TimePoint at = time && *time < for_ever ? now_ + *time + deadlines_.reauthenticate : TimePoint::max();
    TimePoint& expires_at = session.more.credentials.expires_at;
    if (at == expires_at) return;
    if (at != TimePoint::max()) expiries_.add(at, session.id());
    expiries_.remove(std::exchange(expires_at, at), session.id());
}

template <class T, class... P>
AuthFailure Hub<T, P...>::why_failed(const Authentication& result) noexcept {
    if (!result.available) return AuthFailure::unavailable;
    return result.presented ? AuthFailure::refused : AuthFailure::missing;
}

template <class T, class... P>
void Hub<T, P...>::tell_of_failed_login(const Record& session, AuthFailure why, bool again) {
    emit<event::AuthenticationFailed>([&] { return event::AuthenticationFailed{session.id(), why, again, now_}; });
}

template <class T, class... P>
void Hub<T, P...>::tell_of_identity(const Record& session, std::optional<Duration> expires_in, bool again) {
    emit<event::Authenticated>([&] {
        return event::Authenticated{session.id(), session.more.credentials.identity->subject, expires_in, again, now_};
    });
}

template <class T, class... P>
void Hub<T, P...>::on_expiry(SessionId id) {
    if (Record* found = sessions_.find(id)) for_one(*found, [this](Record& session) { decide(session, Cause::auth_expired, jitter()); });
}

template <class T, class... P>
void Hub<T, P...>::refresh(Session& session, std::string_view token, std::function<void(std::error_code)> done) {
    if constexpr (Chosen::authenticates) {
        auto& record = static_cast<Record&>(session);
        now();
        if (!record.open()) return done(Errc::session_gone);
        if (record.more.credentials.refreshing) return done(Errc::rate_limited);
        const std::string account = record.more.credentials.identity->subject;
        if (!charge(record, account)) {
            tell_of_failed_login(record, AuthFailure::locked, true);
            return done(Errc::rate_limited);
        }
        Authentication result;
        if constexpr (SyncAuthenticator<AuthenticatorPolicy>) {
            if (auto failure = failure_of([&] { result = authenticator_.refresh(token); }))
                result = Authentication::unavailable(std::move(*failure));
            done(renew(record, account, std::move(result)));
        } else {
            auto& refreshing = record.more.credentials.refreshing;
            refreshing.emplace();
            CancelAuthentication cancel;
            auto judged = when_judged(session.id(), [this, account, done](Record& asking, Authentication judgement) {
                asking.more.credentials.refreshing.reset();
                const std::error_code error = asking.open() ? renew(asking, account, std::move(judgement)) : Errc::session_gone;
                if (auto failure = failure_of([&] { done(error); })) note_failure(asking, std::move(*failure));
            });
            if (auto failure = failure_of([&] { cancel = authenticator_.async_refresh(token, std::move(judged)); })) {
                refreshing.reset();
                return done(renew(record, account, Authentication::unavailable(std::move(*failure))));
            }
            *refreshing = std::move(cancel);
        }
    } else {
        done(Errc::bad_credentials);
    }
}

/// Another's credentials would change whom a session's subscriptions were granted to.
template <class T, class... P>
std::error_code Hub<T, P...>::renew(Record& session, const std::string& account, Authentication result) {
    if (!result.available) tell_of_failure(session.id(), result.detail);
    const bool same = result && result.identity->subject == account;
    if (!result.is_failure()) refund(session, account);
    if (!same) {
        tell_of_failed_login(session, why_failed(result), true);
        return Errc::bad_credentials;
    }
    auto who = std::make_unique<const Identity>(*std::move(result.identity));
    std::vector<std::string> lost;
    if (auto failure = failure_of([&] { lost = not_permitted_to(session, *who); })) {
        tell_of_failure(session.id(), *failure);
        return Errc::bad_credentials;
    }
    expire_in(session, result.expires_in);
    session.more.credentials.identity = std::move(who);
    tell_of_identity(session, result.expires_in, true);
    for (const std::string& topic : lost) unsubscribe(session, topic);
    if (companion_ == nullptr) return {};
    // Who cannot be told must not go on believing that it listens.
    const auto told = [&] {
        for (const std::string& topic : lost) companion_->on_no_longer_permitted(session, topic);
    };
    if (auto failure = failure_of(told)) note_failure(session, std::move(*failure));
    return {};
}

/// What a session listens to and `who` may not.
template <class T, class... P>
std::vector<std::string> Hub<T, P...>::not_permitted_to(const Record& session, const Identity& who) const {
    std::vector<std::string> lost;
    if constexpr (Chosen::authorizes)
        topics_.for_each_topic_of(session.id().index, [&](std::string_view topic) {
            if (!authorizer_.permits(who, Action::subscribe, topic)) lost.emplace_back(topic);
        });
    return lost;
}

/// For an authenticator that takes its time: from any thread, also when the session or the hub has gone meanwhile.
template <class T, class... P>
template <class Then>
AuthenticationDone Hub<T, P...>::when_judged(SessionId id, Then then) {
    return [this, transport = &transport_, box = std::weak_ptr{mailbox_}, id, then](Authentication judged) {
        const auto alive = box.lock();
        if (!alive) return;
        run_later(this, *transport, alive, [this, id, then, judged = std::move(judged)] {
            if (Record* found = sessions_.find(id)) for_one(*found, [&](Record& session) { then(session, judged); });
        });
    };
}

template <class T, class... P>
AuthCharge Hub<T, P...>::charge(Record& session, std::string_view account) {
    if constexpr (Chosen::backs_off)
        if (const auto& client = session.more.entry.client) return auth_backoff_.charge(backoff_state_, account, *client, now_);
    return {};
}

template <class T, class... P>
void Hub<T, P...>::refund(Record& session, std::string_view account) {
    if constexpr (Chosen::backs_off)
        if (const auto& client = session.more.entry.client) auth_backoff_.refund(backoff_state_, account, *client);
}

template <class T, class... P>
void Hub<T, P...>::revoke(std::function<bool(const Identity&)> affected) {
    static_assert(Chosen::authenticates, "kingbolt: without an Authenticator there is nothing to revoke");
    run_in_loop([this, affected = std::move(affected)] {
        sessions_.for_each([&](Record& session) {
            const auto* const who = session.more.credentials.identity.get();
            if (who == nullptr || !affected(*who)) return;
            for_one(session, [this](Record& revoked) { decide(revoked, Cause::auth_revoked, Duration::zero()); });
        });
    });
}

template <class T, class... P>
void Hub<T, P...>::revoke_subject(std::string subject) {
    revoke([subject = std::move(subject)](const Identity& who) { return who.subject == subject; });
}

template <class T, class... P>
void Hub<T, P...>::revoke_token(std::string token_id) {
    if (token_id.empty()) return;  // tokens without an id have that one
    revoke([token_id = std::move(token_id)](const Identity& who) { return who.token_id == token_id; });
}

template <class T, class... P>
const Identity* Hub<T, P...>::identity_of(const Session& session) const noexcept {
    if constexpr (Chosen::authenticates)
        return static_cast<const Record&>(session).more.credentials.identity.get();
    else
        return nullptr;
}

template <class T, class... P>
bool Hub<T, P...>::permits(const Session& session, Action action, std::string_view name) const {
    if constexpr (Chosen::authorizes) {
        const Identity* const who = identity_of(session);
        return who != nullptr && authorizer_.permits(*who, action, name);
    } else {
        return true;
    }
}

template <class T, class... P>
void Hub<T, P...>::forget_credentials(Record& session) {
    if constexpr (Chosen::authenticates) {
        engine::Credentials& credentials = session.more.credentials;
        expiries_.remove(credentials.expires_at, session.id());
        if (credentials.subject_counted) admission_.leave_subject(admission_state_, credentials.identity->subject);
        // What it throws must not keep the session from ending.
        const auto cancel = [](const CancelAuthentication& wanted) {
            if (wanted) failure_of(wanted);
        };
        if (credentials.pending) cancel(credentials.pending->cancel);
        if (credentials.refreshing) cancel(*credentials.refreshing);
    }
}

}  // namespace kingbolt
