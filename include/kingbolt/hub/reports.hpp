#pragma once
// Hub: what the transport reports, and the tick. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <algorithm>
#include <chrono>

namespace kingbolt {

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
        call_handler(session, on_open_);
    });
}

template <class T, class... P>
void Hub<T, P...>::on_bytes(SessionId id, std::size_t bytes) {
    Record& session = *sessions_.find(id);
    session.vitals.bytes_in += bytes;
    session.vitals.last_byte_in = now();
    counters_.bytes_in.add(bytes);
    pulse_.on_bytes(id.index);
    if (session.decided) return cut_if_endless(session);
    session.vitals.missed_pongs = 0;
}

template <class T, class... P>
void Hub<T, P...>::on_message(SessionId id, Message message) {
    for_one(*sessions_.find(id), [&](Record& session) {
        if (!session.open()) return;
        ++session.vitals.messages_in;
        session.vitals.last_message_in = now_;  // the bytes that it was made of have come just now
        counters_.messages_in.add();
        emit<event::MessageReceived>([&] { return event::MessageReceived{id, message.opcode(), message.size(), now_}; });
        if (!is_within(session, Limit::messages, rate_limit_.admit(session.rate, now_, 1))) return;
        if (!is_within(session, Limit::bytes, client_limits_.on_message(session.more.limits, now_, message.size()))) return;
        if (!on_message_ || !session.open()) return;
        call_handler(session, on_message_, message);
    });
}

template <class T, class... P>
void Hub<T, P...>::on_ping(SessionId id, std::string_view payload) {
    for_one(*sessions_.find(id), [&](Record& session) {
        if (!session.open()) return;
        emit<event::PingReceived>([&] { return event::PingReceived{id, payload.size(), now()}; });
        if (!session.open()) return;
        if (!is_within(session, Limit::control_frames, client_limits_.on_control_frame(session.more.limits, now()))) return;
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
    // Those that were asked for are as many as the pings.
    if (rtt || !session.open()) return;
    for_one(session, [this](Record& s) { is_within(s, Limit::control_frames, client_limits_.on_control_frame(s.more.limits, now_)); });
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
    emit<event::Ticked>([&] { return event::Ticked{lag, queued_bytes_, queued_messages_, now_}; });
    excuse_throttled();
    pulse_.advance(
        now_,
        [this](std::uint32_t index, const LivenessStep& step) {
            for_one(sessions_.at(index), [&](Record& session) { on_liveness(session, step); });
        },
        [this](std::uint32_t index) { for_one(sessions_.at(index), [this](Record& session) { on_deadline(session); }); });
    expiries_.advance(now_, [this](SessionId session) { on_expiry(session); });
    throttles_.advance(now_, [this](SessionId session) { on_throttle_over(session); });
    watch_memory();
    if (companion_ != nullptr) companion_->on_tick(now_);
    // What no memory was left to wake it for.
    if constexpr (Chosen::is_linked) take_publications();
    // The tick that a drain has for this; what division left over is below a millisecond.
    if (draining_ && now_ + std::chrono::milliseconds{1} > drain_deadline_) cut_what_is_left();
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
