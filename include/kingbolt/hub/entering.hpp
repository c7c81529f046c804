#pragma once
// Hub: who comes in. From the connection to the application's own answer, the cheapest question first. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <kingbolt/engine/http_response.hpp>

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace kingbolt {

template <class T, class... P>
Acceptance Hub<T, P...>::on_accepted(Connection& connection, std::string remote) {
    now();
    if (draining_) return {};
    Entry entry;
    if (const AdmissionDecision decision = arrive(entry, remote); !decision) return turn_away(remote, decision);
    Record* session = nullptr;
    try {
        session = &sessions_.emplace(static_cast<engine::SessionCommands&>(*this), connection, std::move(remote), now_);
        pulse_.add(session->id().index, now_ + deadlines_.handshake);
    } catch (const std::bad_alloc&) {
        if (session != nullptr) sessions_.remove(session->id());
        depart(entry);
        return {};
    }
    session->more.entry = entry;
    counters_.accepted.add();
    counters_.sessions.set(sessions_.size());
    emit<event::Accepted>([&] { return event::Accepted{session->id(), session->remote(), now_}; });
    return {.session = session->id()};
}

template <class T, class... P>
AdmissionDecision Hub<T, P...>::arrive(Entry& entry, std::string_view remote) {
    if constexpr (Chosen::keeps_entry) {
        entry.client = RemoteAddress::parse(remote);
        // A proxy's own address says nothing about its clients.
        entry.located = entry.client && !client_address_.trusts(*entry.client);
    }
    if constexpr (Chosen::admits) {
        const auto decision =
            entry.located ? admission_.on_connection(admission_state_, *entry.client, now_) : admission_.on_accept(admission_state_, now_);
        entry.accepted = decision.admitted;
        entry.counted = decision.admitted && entry.located;
        return decision;
    }
    return {};
}

/// Its request says who is behind a proxy.
template <class T, class... P>
AdmissionDecision Hub<T, P...>::locate(Record& session, const HttpRequest& request) {
    if constexpr (Chosen::keeps_entry) {
        Entry& entry = session.more.entry;
        if (entry.located || !entry.client) return {};
        entry.client = client_address_.client_of(*entry.client, request);
        entry.located = true;
        if constexpr (Chosen::admits) {
            const auto decision = admission_.on_client(admission_state_, *entry.client, now_);
            entry.counted = decision.admitted;
            return decision;
        }
    }
    return {};
}

template <class T, class... P>
void Hub<T, P...>::depart(const Entry& entry) {
    if constexpr (Chosen::admits) {
        if (entry.counted)
            admission_.on_gone(admission_state_, *entry.client);
        else if (entry.accepted)
            admission_.leave(admission_state_);
    }
}

template <class T, class... P>
Acceptance Hub<T, P...>::turn_away(const std::string& remote, const AdmissionDecision& decision) {
    counters_.turned_away.add();
    emit<event::TurnedAway>([&] {
        return event::TurnedAway{remote, decision.status, std::string{decision.reason}, decision.retry_after, now_};
    });
    try {
        refusal_ = engine::answering({.status = decision.status,
                                      .body = std::string{decision.reason} + '\n',
                                      .headers = {engine::retry_after(decision.retry_after)}},
                                     "GET");
    } catch (const std::bad_alloc&) {
        refusal_.clear();
    }
    return {.refusal = refusal_};
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::answer(Record& session, const UpgradeRequest& request) {
    now();
    session.set_request(request.path(), request.subprotocols.size());
    if (draining_) return refuse_draining(session);
    if (const AdmissionDecision decision = locate(session, request); !decision) return refuse(session, decision);
    if (const OriginVerdict verdict = origins_.check(request); !verdict)
        return refuse(session, Cause::origin_refused, UpgradeResponse::refuse(403), std::string{verdict.detail});
    if constexpr (Chosen::authenticates)
        return identify(session, request);
    else
        return ask_application(session, request);
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::ask_application(Record& session, const UpgradeRequest& request) {
    UpgradeResponse response;
    if (on_upgrade_) {
        if (auto failure = failure_of([&] { response = on_upgrade_(request); })) {
            note_failure(session, *failure);
            return refuse(session, Cause::handler_error, UpgradeResponse::refuse(500), std::move(*failure));
        }
    }
    if (!response.accepted()) {
        std::string detail = "the application refused with " + std::to_string(response.status);
        if (response.status < 400 || response.status > 599) response.status = 500;
        return refuse(session, Cause::upgrade_refused, std::move(response), std::move(detail));
    }
    // A client must fail a connection whose subprotocol it did not offer (RFC 6455 §4.1): better a clear refusal.
    if (!response.subprotocol.empty() && std::ranges::find(request.subprotocols, response.subprotocol) == request.subprotocols.end())
        return refuse(session, Cause::unoffered_subprotocol, UpgradeResponse::refuse(500),
                      "the application selected '" + response.subprotocol + "'");
    session.set_subprotocol(response.subprotocol);
    return response;
}

template <class T, class... P>
HttpResponse Hub<T, P...>::answer(Record& session, const HttpRequest& request) {
    now();
    session.set_request(request.path(), 0);
    if (const AdmissionDecision decision = locate(session, request); !decision) {
        const UpgradeResponse refusal = refuse(session, decision);
        return {.status = refusal.status, .body = refusal.body, .headers = refusal.headers};
    }
    if (!on_request_) {
        session.settle({.cause = Cause::http_request});
        return {.status = 426, .body = "this is a WebSocket endpoint\n", .headers = {{"Upgrade", "websocket"}}};
    }
    HttpResponse response;
    if (auto failure = failure_of([&] { response = on_request_(request); })) {
        note_failure(session, *failure);
        session.settle({.cause = Cause::handler_error, .detail = std::move(*failure)});
        return {.status = 500};
    }
    session.settle({.cause = Cause::http_request});
    if (response.status < 200 || response.status > 599) response.status = 500;
    return response;
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::refuse(Record& session, Cause cause, UpgradeResponse response, std::string detail) {
    counters_.rejected.add();
    emit<event::Rejected>([&] { return event::Rejected{session.id(), response.status, cause, detail, now_}; });
    session.settle({.cause = cause, .detail = std::move(detail)});
    return response;
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::refuse(Record& session, const AdmissionDecision& decision) {
    return refuse(session, Cause::not_admitted, try_later(decision.status, decision.reason, decision.retry_after),
                  std::string{decision.reason});
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::refuse_draining(Record& session) {
    return refuse(session, Cause::server_drain, try_later(503, "draining", {}), "the hub is draining");
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::try_later(unsigned status, std::string_view words, Duration retry_after) {
    auto response = UpgradeResponse::refuse(status, std::string{words} + '\n');
    response.headers.push_back(engine::retry_after(retry_after));
    return response;
}

}  // namespace kingbolt
