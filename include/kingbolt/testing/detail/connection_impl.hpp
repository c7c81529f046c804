#pragma once
// SimulatedConnection: a turn of the loop, from accepting to the end. Included by testing/connection.hpp.

#include <kingbolt/engine/close_payload.hpp>
#include <kingbolt/engine/http_response.hpp>
#include <kingbolt/engine/upgrade.hpp>
#include <kingbolt/testing/connection.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::testing {

// From the wire.

inline bool SimulatedConnection::on_syn() {
    if (server_.events == nullptr || !server_.listening) return false;
    stage_ = Stage::backlog;
    position_ = server_.live.size();
    server_.live.push_back(this);
    wake();
    return true;
}

inline void SimulatedConnection::on_readable() {
    if (stage_ == Stage::unborn || !alive()) return;
    if (from_peer_.was_reset()) to_peer_.forget();  // a reset voids what was on its way back
    wake();
}

inline void SimulatedConnection::wake() {
    if (wake_scheduled_ || !alive()) return;
    wake_scheduled_ = true;
    server_.world.wake(server_.world.now, *this, detail::Step::wake);
}

inline void SimulatedConnection::run(detail::Step step, std::uint32_t argument) {
    if (step == detail::Step::unstall) return wake();
    if (server_.world.put_off(*this, step, argument)) return;
    wake_scheduled_ = false;
    if (!alive()) return;
    if (stage_ == Stage::backlog) accept();
    if (alive() && !aborted_ && answer_) {
        const UpgradeRequest request = *std::exchange(waits_for_hub_, std::nullopt);
        conclude_upgrade(request, *std::exchange(answer_, std::nullopt));
    }
    if (alive() && !aborted_) flush();
    if (alive() && !aborted_) report_written();
    if (alive() && !aborted_) read();
    if (alive()) end_if_over();
}

inline void SimulatedConnection::accept() {
    if (!server_.listening) {
        to_peer_.reset();
        return forget();
    }
    stage_ = Stage::handshake;
    const Acceptance acceptance = server_.events->on_accepted(*this, remote_);
    id_ = acceptance.session;
    if (id_ || !alive()) return;
    outbound_.push_own(std::string{acceptance.refusal});
    outbound_.flush(to_peer_, std::numeric_limits<std::size_t>::max());
    if (acceptance.refusal.empty())
        to_peer_.reset();
    else
        to_peer_.finish();
    forget();
}

// Writing.

inline void SimulatedConnection::flush() {
    auto& world = server_.world;
    if (outbound_.empty() || world.now < stalled_until_ || from_peer_.was_reset()) return;
    auto most = std::numeric_limits<std::size_t>::max();
    if (world.faults.partial_writes) most = 1 + world.random.below(std::min(to_peer_.room(), outbound_.size()));
    written_ += outbound_.flush(to_peer_, most);
    if (!outbound_.empty() && to_peer_.room() == 0) to_peer_.call_when_there_is_room();
    if (written_ > 0 || outbound_.empty() || to_peer_.room() > 0) wake();
}

inline void SimulatedConnection::report_written() {
    if (written_ == 0) return;
    const bool complete = outbound_.unwritten() == 0;
    if (complete) write_in_flight_ = false;
    server_.events->on_written(id_, std::exchange(written_, 0), complete);
}

// Reading.

inline void SimulatedConnection::read() {
    auto& world = server_.world;
    if (paused_ || close_received_ || waits_for_hub_ || stage_ == Stage::answered) return;
    const auto unread = from_peer_.unread();
    const bool has_news = !unread.empty();
    if (has_news) {
        constexpr std::size_t most = 64 * 1024;
        std::size_t n = std::min(unread.size(), most);
        if (world.faults.partial_reads) n = 1 + world.random.below(n);
        inbound_.append(unread.first(n));
        from_peer_.consume(n);
        if (!from_peer_.unread().empty() || from_peer_.finished() || from_peer_.was_reset()) wake();
        server_.events->on_bytes(id_, n);
    }
    if (stage_ == Stage::handshake && reads_on()) read_request();
    if (stage_ == Stage::open && reads_on()) read_frames();
    if (has_news && stage_ == Stage::open && !aborted_) server_.events->on_read_end(id_);
}

inline void SimulatedConnection::read_request() {
    using Kind = engine::UpgradeJudgement::Kind;
    const auto judgement = inbound_.take_request(remote_);
    if (!judgement) return;
    const UpgradeRequest& request = judgement->request;
    switch (judgement->kind) {
    case Kind::upgrade: {
        const UpgradeResponse response = server_.events->on_upgrade(id_, request);
        if (!alive() || aborted_) return;
        if (!response.is_deferred()) return conclude_upgrade(request, response);
        waits_for_hub_ = request;
        return;
    }
    case Kind::plain_http: {
        const HttpResponse response = server_.events->on_request(id_, request);
        return answer(engine::answering(response, request.method), Cause::http_request, {});
    }
    case Kind::refused:
        return answer(engine::refusing(*judgement->refusal, request.method), Cause::bad_handshake, judgement->refusal->words);
    }
}

/// Tells the hub. Each event may end the connection, or detach the hub. What a callback throws waits until the reader's progress is noted.
struct SimulatedConnection::FrameSink {
    SimulatedConnection& connection;
    std::exception_ptr thrown{};

    bool on_message(Opcode opcode, std::string_view payload, bool) {
        return tell([&](auto& hub, SessionId id) { hub.on_message(id, Message{opcode, payload}); });
    }
    bool on_ping(std::string_view payload) {
        return tell([&](auto& hub, SessionId id) { hub.on_ping(id, payload); });
    }
    bool on_pong(std::string_view payload) {
        return tell([&](auto& hub, SessionId id) { hub.on_pong(id, payload); });
    }
    bool on_close(CloseCode code, std::string_view reason) {
        return tell([&](auto&, SessionId) { connection.on_close_frame(code, reason); });
    }

private:
    template <class Event>
    bool tell(Event&& event) {
        try {
            event(*connection.server_.events, connection.id_);
            return connection.reads_on();
        } catch (...) {
            thrown = std::current_exception();
            return false;
        }
    }
};

inline void SimulatedConnection::read_frames() {
    FrameSink sink{*this};
    const auto* const violation = inbound_.read_frames(sink);
    if (sink.thrown) std::rethrow_exception(sink.thrown);
    if (violation != nullptr) fail(*violation);
}

inline void SimulatedConnection::conclude_upgrade(const UpgradeRequest& request, const UpgradeResponse& response) {
    if (!response.accepted()) {
        const HttpResponse refusal{.status = response.status, .body = response.body, .headers = response.headers};
        return answer(engine::answering(refusal, request.method), Cause::upgrade_refused, {});
    }
    if (!response.subprotocol.empty() && std::ranges::count(request.subprotocols, response.subprotocol) == 0) {
        return answer(engine::answering({.status = 500}, request.method), Cause::unoffered_subprotocol, "the subprotocol was not offered");
    }
    outbound_.push_own(engine::accepting(request, response));
    flush();
    stage_ = Stage::open;
    server_.events->on_opened(id_);
}

inline void SimulatedConnection::answer(std::string response, Cause cause, std::string_view detail) {
    if (!alive() || aborted_) return;
    how_.cause = cause;
    how_.detail = detail;
    stage_ = Stage::answered;
    outbound_.push_own(std::move(response));
    flush();
}

inline void SimulatedConnection::on_close_frame(CloseCode code, std::string_view reason) {
    close_received_ = true;
    how_.cause = Cause::client_close;
    how_.peer_code = code;
    how_.peer_reason = reason;
    if (!close_sent_) queue_close(code, reason);
    server_.events->on_close_received(id_, code, how_.peer_reason);
}

inline void SimulatedConnection::queue_close(CloseCode code, std::string_view reason) {
    close_sent_ = true;
    const auto wire = Frame::encode(Opcode::close, engine::write_close_payload(code, reason));
    outbound_.push_own({reinterpret_cast<const char*>(wire.wire().data()), wire.wire().size()});
    flush();
}

/// RFC 6455 §7.1.7: a Close frame if it can still be sent, then the end of the connection.
inline void SimulatedConnection::fail(const engine::Violation& violation) {
    WireClosed how{.cause = violation.cause, .detail = violation.words};
    constexpr std::size_t longest_close = 127;
    if (!close_sent_ && outbound_.empty() && to_peer_.room() >= longest_close) {
        queue_close(violation.code, how.detail);
        outbound_.flush(to_peer_, std::numeric_limits<std::size_t>::max());
    }
    finish(std::move(how), true);
}

// Ending.

inline void SimulatedConnection::end_if_over() {
    if (aborted_) {
        how_.cause = Cause::application_close;
        how_.detail = "aborted by the hub";
        return finish(std::move(how_), false);
    }
    if (from_peer_.was_reset() && (from_peer_.unread().empty() || paused_ || close_received_ || stage_ == Stage::answered)) {
        how_.cause = close_received_ ? Cause::client_close : Cause::reset_by_peer;
        how_.error = std::make_error_code(std::errc::connection_reset);
        return finish(std::move(how_), false);
    }
    const bool flushed = outbound_.empty() && written_ == 0;
    if (flushed && (stage_ == Stage::answered || (close_sent_ && close_received_))) return finish(std::move(how_), true);
    if (from_peer_.finished() && !paused_) {
        // After a Close, or after a plain request, there is no one left to take the rest of the answer.
        if (!close_received_ && stage_ != Stage::answered) how_.cause = Cause::eof_without_close;
        return finish(std::move(how_), true);
    }
}

inline void SimulatedConnection::finish(WireClosed how, bool orderly) {
    if (!how.tcp) how.tcp = tcp_evidence();
    if (orderly) {
        to_peer_.finish();
    } else {
        to_peer_.reset();
    }
    leave();
    server_.events->on_closed(id_, how);
    stage_ = Stage::gone;
}

/// Lets go of everything; no event comes after this but `on_closed`.
inline void SimulatedConnection::leave() {
    auto& live = server_.live;
    live.back()->position_ = position_;
    live[position_] = live.back();
    live.pop_back();
    stage_ = Stage::ending;
    outbound_.clear();
    from_peer_.abandon();
    written_ = 0;
}

inline void SimulatedConnection::forget() {
    leave();
    stage_ = Stage::gone;
}

inline std::size_t SimulatedConnection::buffered() const noexcept {
    return outbound_.size() + to_peer_.unacknowledged() + from_peer_.unread().size() + inbound_.size();
}

}  // namespace kingbolt::testing
