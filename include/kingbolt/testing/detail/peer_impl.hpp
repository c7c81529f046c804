#pragma once
// Peer: what it does. Included by testing/peer.hpp.

#include <kingbolt/engine/close_payload.hpp>
#include <kingbolt/engine/response_head.hpp>
#include <kingbolt/testing/peer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>

namespace kingbolt::testing {

inline Peer::Peer(detail::Server& server, std::uint32_t number, PeerOptions options, std::size_t server_send_buffer,
                  std::size_t server_receive_buffer)
    : Actor{number},
      world_{server.world},
      options_{std::move(options)},
      connection_{server, number, to_server_, to_peer_, options_.remote, 2 * options_.latency},
      to_peer_{world_,
               number,
               detail::Step::reach_peer,
               {options_.latency, options_.latency_jitter, server_send_buffer, std::max<std::size_t>(options_.receive_buffer, 1)},
               *this,
               &connection_},
      to_server_{
          world_,      number, detail::Step::reach_server, {options_.latency, options_.latency_jitter, unlimited, server_receive_buffer},
          connection_, nullptr} {}

// Connecting.

inline void Peer::connect() {
    world_.happen(options_.latency + world_.random.up_to(options_.latency_jitter), *this, detail::Step::connect);
}

inline void Peer::run(detail::Step step, std::uint32_t accepted) {
    if (gone()) return;
    if (step == detail::Step::connect) {
        world_.happen(options_.latency, *this, detail::Step::establish, connection_.on_syn() ? 1 : 0);
    } else if (step == detail::Step::establish) {
        if (accepted == 0) {
            end_ = PeerEnd::refused;
        } else {
            say_hello();
        }
    } else {
        read_scheduled_ = false;
        take_slowly();
    }
}

inline void Peer::say_hello() {
    std::string request = "GET " + options_.target + " HTTP/1.1\r\nHost: simulation\r\n" + engine::text_of(options_.headers);
    if (options_.handshake == Handshake::websocket || options_.handshake == Handshake::half) {
        request +=
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2ltdWxhdGVkIGNsaWVudA==\r\n";
        for (const auto& subprotocol : options_.subprotocols) request += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
    }
    request += "\r\n";
    switch (options_.handshake) {
    case Handshake::websocket:
    case Handshake::plain_http: return transmit(request);
    case Handshake::half: return transmit(std::string_view{request}.substr(0, request.size() / 2));
    case Handshake::malformed: return transmit("\x16\x03\x01 this is no HTTP\r\n\r\n");
    case Handshake::silent: return;
    }
}

// Speaking.

inline void Peer::send(std::string_view bytes) {
    if (gone()) return;
    if (!upgraded_ && options_.handshake == Handshake::websocket) {
        waiting_ += bytes;
    } else {
        transmit(bytes);
    }
}

inline void Peer::transmit(std::string_view bytes) { to_server_.send(std::as_bytes(std::span{bytes})); }

inline void Peer::close(CloseCode code, std::string_view reason) {
    close_sent_ = true;
    send(engine::client_frame(Opcode::close, engine::write_close_payload(code, reason)));
}

// Going.

inline void Peer::drop() {
    if (gone()) return;
    end_ = PeerEnd::dropped;
    to_server_.finish();
    to_peer_.abandon();
}

inline void Peer::reset() {
    if (gone()) return;
    end_ = PeerEnd::aborted;
    to_server_.reset();
    to_peer_.abandon();
}

inline void Peer::vanish() {
    if (gone()) return;
    vanished_ = true;
    to_server_.cut();
    to_peer_.cut();
}

// Listening.

inline void Peer::resume_reading() {
    reading_ = true;
    on_readable();
}

inline void Peer::set_reads_per_second(std::size_t bytes) {
    options_.reads_per_second = bytes;
    on_readable();
}

inline void Peer::on_readable() {
    if (gone()) return;
    if (options_.reads_per_second == unlimited || to_peer_.was_reset()) {
        if (reading_) take(unlimited);
        on_end();
    } else if (!read_scheduled_) {
        take_slowly();
    }
}

/// A hundredth of a second's worth at a time, or one byte at a time where that is less.
inline void Peer::take_slowly() {
    using std::chrono::nanoseconds;
    if (!reading_ || options_.reads_per_second == 0) return;
    const std::size_t rate = options_.reads_per_second;
    if (rate == unlimited) return on_readable();
    const std::size_t portion = std::max<std::size_t>(rate / 100, 1);
    if (!to_peer_.unread().empty()) {
        take(portion);
        read_scheduled_ = true;
        const double pause = 1e9 * static_cast<double>(portion) / static_cast<double>(rate);
        world_.happen(nanoseconds{static_cast<nanoseconds::rep>(pause)}, *this, detail::Step::peer_reads);
    }
    on_end();
}

inline void Peer::take(std::size_t most) {
    const auto unread = to_peer_.unread();
    const std::size_t n = std::min({unread.size(), most, reset_at_ - taken_});
    taken_ += n;
    output_.append(unread.first(n));
    to_peer_.consume(n);
    understand();
    if (taken_ >= reset_at_) reset();
}

inline void Peer::understand() {
    if (!response_) {
        response_ = output_.take_response();
        if (!response_) return;
        upgraded_ = response_->status == 101;
        if (upgraded_ && !waiting_.empty()) transmit(std::exchange(waiting_, {}));
    }
    if (!upgraded_) return;
    while (!gone()) {
        const auto frame = output_.next(violations_);
        if (!frame) return;
        on_frame(frame->opcode, frame->payload);
    }
}

inline void Peer::on_frame(Opcode opcode, std::string_view payload) {
    switch (opcode) {
    case Opcode::ping:
        ++pings_;
        if (options_.answers_pings && !close_sent_) pong(payload);
        return;
    case Opcode::pong:
        ++pongs_;
        last_pong_ = payload;
        return;
    case Opcode::close: return on_close_frame(payload);
    default:
        ++messages_;
        if (options_.keeps_messages) received_.push_back({opcode, std::string{payload}, world_.now});
        if (world_.random.chance(world_.faults.reset_probability)) reset();
    }
}

inline void Peer::on_close_frame(std::string_view payload) {
    if (close_code_) return;
    const auto said = engine::read_close_payload(payload);
    close_code_ = said.code;
    close_reason_ = said.reason;
    if (options_.answers_close && !close_sent_) close(said.code);
}

/// The server's end of the stream is the end of the peer's, too: it has nothing more to say.
inline void Peer::on_end() {
    if (gone()) return;
    if (to_peer_.was_reset()) {
        end_ = PeerEnd::server_reset;
    } else if (to_peer_.finished()) {
        end_ = PeerEnd::server_finished;
        if (upgraded_ && !output_.at_border()) violations_.emplace_back("the stream ended inside a frame");
        to_server_.finish();
    }
}

}  // namespace kingbolt::testing
