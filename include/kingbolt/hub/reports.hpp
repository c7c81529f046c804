#pragma once
// Hub: what the transport reports, and the tick. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <algorithm>
#include <chrono>

namespace kingbolt {

template <class T, class... P>
Acceptance Hub<T, P...>::on_accepted(Connection& connection, std::string remote) {
    now();
    if (draining_) return {};
    Record* session = nullptr;
    try {
        session = &sessions_.emplace(static_cast<engine::SessionCommands&>(*this), connection, std::move(remote), now_);
        pulse_.add(session->id().index, now_ + deadlines_.handshake);
    } catch (const std::bad_alloc&) {
        if (session != nullptr) sessions_.remove(session->id());
        return {};
    }
    counters_.accepted.add();
    counters_.sessions.set(sessions_.size());
    emit<event::Accepted>([&] { return event::Accepted{session->id(), session->remote(), now_}; });
    return {.session = session->id()};
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::on_upgrade(SessionId id, const UpgradeRequest& request) {
    auto response = UpgradeResponse::refuse(500);
    for_one(*sessions_.find(id), [&](Record& session) { response = answer(session, request); });
    return response;
}

template <class T, class... P>
HttpResponse Hub<T, P...>::on_request(SessionId id, const HttpRequest& request) {
    HttpResponse response{.status = 500};
    for_one(*sessions_.find(id), [&](Record& session) { response = answer(session, request); });
    return response;
}

template <class T, class... P>
UpgradeResponse Hub<T, P...>::answer(Record& session, const UpgradeRequest& request) {
    now();
    session.set_request(request.path(), request.subprotocols.size());
    if (draining_) {
        auto response = UpgradeResponse::refuse(503, "draining\n");
        response.headers.emplace_back("Retry-After", "1");
        return refuse(session, Cause::server_drain, std::move(response), "the hub is draining");
    }
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
void Hub<T, P...>::on_opened(SessionId id) {
    for_one(*sessions_.find(id), [&](Record& session) {
        session.stage = Stage::open;
        session.vitals.opened = now();
        counters_.opened.add();
        counters_.open_sessions.add();
        emit<event::Opened>([&] {
            return event::Opened{id, session.remote(), std::string{session.path()}, std::string{session.subprotocol()}, now_};
        });
        if (!session.open()) return;
        pulse_.open(id.index, now_, random_());
        // The upgrade was accepted just before the drain began.
        if (draining_) return decide(session, Cause::server_drain, jitter());
        if (!on_open_) return;
        if (auto failure = failure_of([&] { on_open_(session); })) note_failure(session, std::move(*failure));
    });
}

template <class T, class... P>
void Hub<T, P...>::on_bytes(SessionId id, std::size_t bytes) {
    Record& session = *sessions_.find(id);
    session.vitals.bytes_in += bytes;
    session.vitals.last_byte_in = now();
    if (!session.decided) session.vitals.missed_pongs = 0;
    counters_.bytes_in.add(bytes);
    pulse_.on_bytes(id.index);
}

template <class T, class... P>
void Hub<T, P...>::on_message(SessionId id, Message message) {
    for_one(*sessions_.find(id), [&](Record& session) {
        if (!session.open()) return;
        ++session.vitals.messages_in;
        session.vitals.last_message_in = now_;  // the bytes that it was made of have come just now
        counters_.messages_in.add();
        emit<event::MessageReceived>([&] { return event::MessageReceived{id, message.opcode(), message.size(), now_}; });
        if (const Admission admission = rate_limit_.admit(session.rate, now_, 1); !admission)
            return decide(session, Cause::rate_limited, std::min<Duration>(admission.retry_after, std::chrono::hours{24}));
        if (!on_message_ || !session.open()) return;
        if (auto failure = failure_of([&] { on_message_(session, message); })) note_failure(session, std::move(*failure));
    });
}

template <class T, class... P>
void Hub<T, P...>::on_ping(SessionId id, std::string_view payload) {
    for_one(*sessions_.find(id), [&](Record& session) {
        if (!session.open()) return;
        emit<event::PingReceived>([&] { return event::PingReceived{id, payload.size(), now()}; });
        if (!session.open()) return;
        session.queue.set_pong(Frame::encode(Opcode::pong, payload));
        mark_dirty(session);
    });
}

template <class T, class... P>
void Hub<T, P...>::on_pong(SessionId id, std::string_view payload) {
    Record& session = *sessions_.find(id);
    const std::optional<Duration> rtt = pulse_.on_pong(id.index, payload, now());
    session.vitals.last_pong = now_;
    if (rtt) session.vitals.last_rtt = *rtt;
    emit<event::PongReceived>([&] { return event::PongReceived{id, rtt, now_}; });
}

template <class T, class... P>
void Hub<T, P...>::on_close_received(SessionId id, CloseCode code, std::string_view reason) {
    for_one(*sessions_.find(id), [&](Record& session) {
        now();
        // Kept, because it stays the cause even when this client does not let go and has to be cut.
        if (!session.decided) session.settle({.cause = Cause::client_close, .code = code, .reason = std::string{reason}});
        if (session.open() || session.stage == Stage::flushing) stop_serving(session, Stage::closing, now_ + deadlines_.close);
    });
}

template <class T, class... P>
void Hub<T, P...>::on_closed(SessionId id, const WireClosed& how) {
    now();
    end(*sessions_.find(id), how);
    finish_drain_if_empty();
}

template <class T, class... P>
void Hub<T, P...>::on_tick() {
    const Duration lag = pulse_.note_tick(now());
    counters_.loop_lag_ns.set(static_cast<std::uint64_t>(lag.count()));
    lag_.note(lag, now_);
    if (lag > engine::Pulse<LivenessPolicy>::stall) emit<event::LoopStalled>([&] { return event::LoopStalled{lag, now_}; });
    pulse_.advance(
        now_,
        [this](std::uint32_t index, const LivenessStep& step) {
            for_one(sessions_.at(index), [&](Record& session) { on_liveness(session, step); });
        },
        [this](std::uint32_t index) { for_one(sessions_.at(index), [this](Record& session) { on_deadline(session); }); });
    // What no memory was left to wake it for.
    if constexpr (is_linked) take_publications();
    // The next tick would come too late.
    if (draining_ && now_ + pulse_.tick() > drain_deadline_) cut_what_is_left();
}

template <class T, class... P>
void Hub<T, P...>::on_liveness(Record& session, const LivenessStep& step) {
    if (step.missed) {
        session.vitals.missed_pongs = step.misses;
        counters_.pongs_missed.add();
        emit<event::PongMissed>([&] { return event::PongMissed{session.id(), step.misses, step.write_stalled, now_}; });
    }
    if (step.give_up) return decide(session, step.write_stalled ? Cause::write_stalled : Cause::pong_timeout, jitter());
    if (!step.send_ping || !session.open()) return;
    const std::uint32_t index = session.id().index;
    session.queue.set_ping(Frame::encode(Opcode::ping, std::string_view{pulse_.ping_payload(index)}));
    ++session.vitals.pings_sent;
    counters_.pings_sent.add();
    emit<event::PingSent>([&] { return event::PingSent{session.id(), pulse_.ping_sequence(index), now_}; });
    mark_dirty(session);
}

template <class T, class... P>
void Hub<T, P...>::on_deadline(Record& session) {
    if (session.stage == Stage::handshake && !session.decided)
        session.settle({.cause = draining_ ? Cause::server_drain : Cause::handshake_timeout});
    cut(session);
}

}  // namespace kingbolt
