#pragma once
// Of WebSocket: the handshake, reading and writing.

#include <kingbolt/client/websocket.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace kingbolt::client {

// Opening.

inline void WebSocket::connect() {
    resolver_.async_resolve(options_.url.host, options_.url.port,
                            [self = shared_from_this()](std::error_code error, const ByteStream::Endpoints& endpoints) {
                                if (self->stage_ == Stage::ended) return;
                                if (error) return self->lose(error.message());
                                self->stream_->async_connect(endpoints, [self](std::error_code failure) {
                                    if (self->stage_ == Stage::ended) return;
                                    if (failure) return self->lose(failure.message());
                                    self->request_upgrade();
                                });
                            });
}

inline void WebSocket::request_upgrade() {
    stage_ = Stage::upgrading;
    std::array<unsigned char, 16> nonce{};
    for (std::size_t half = 0; half < 2; ++half) {
        const std::uint64_t word = siphash(options_.mask_secret, ++masks_, 1);
        std::memcpy(nonce.data() + half * sizeof word, &word, sizeof word);
    }
    key_ = engine::base64(nonce);
    pending_ = detail::upgrade_request(options_.url, key_, options_.subprotocols, options_.headers);
    flush();
    read();
}

/// The last `fresh` bytes of `head_` are new.
inline void WebSocket::take_head(std::size_t fresh) {
    const std::size_t seen = head_.size() - fresh;
    if (head_.find("\r\n\r\n", seen < 3 ? 0 : seen - 3) == std::string::npos) {
        if (head_.size() > max_head) return lose("the answer to the upgrade request has no end");
        return read();
    }
    const auto head = engine::read_response_head(head_);
    if (head->status == 0) return lose("the answer to the upgrade request is not HTTP/1.1");
    if (head->status != 101) {
        WebSocketEvents* const events = std::exchange(events_, nullptr);
        drop();
        return events->on_refused(head->status, detail::retry_after(head->header("Retry-After")));
    }
    if (const char* const flaw = detail::flaw_of(*head, key_, options_.subprotocols)) return lose(flaw);
    stage_ = Stage::open;
    std::string rest = std::exchange(head_, {});
    events_->on_open(head->header("Sec-WebSocket-Protocol"));
    if (stage_ == Stage::open && rest.size() > head->size) take_frames(std::span{rest}.subspan(head->size));
    if (stage_ == Stage::open || stage_ == Stage::closing) read();
}

// Reading.

inline void WebSocket::read() {
    stream_->async_read_some(buffer_, [self = shared_from_this()](std::error_code error, std::size_t size) {
        if (self->stage_ == Stage::ended) return;
        if (error) return self->lose(error == asio::error::eof ? "the server ended the connection" : error.message());
        try {
            if (self->stage_ == Stage::upgrading) {
                self->head_.append(self->buffer_.data(), size);
                return self->take_head(size);
            }
            if (self->stage_ == Stage::open) self->take_frames(std::span{self->buffer_}.first(size));
        } catch (...) {
            // What a callback throws goes to who runs the loop; the frame reader cannot go on behind it.
            self->lose("a callback threw");
            throw;
        }
        if (self->stage_ != Stage::ended) self->read();
    });
}

inline void WebSocket::take_frames(std::span<char> bytes) {
    events_->on_bytes();
    if (stage_ != Stage::open) return;
    Sink sink{*this};
    const engine::FrameRules rules{.max_message = options_.max_message, .masked = false};
    const engine::Violation* const violation = reader_.read(bytes, rules, sink).violation;
    if (violation == nullptr) return;
    WebSocketEvents* const events = std::exchange(events_, nullptr);
    begin_closing(engine::write_close_payload(violation->code, violation->words));
    events->on_closed(violation->code, violation->words);
}

// Writing.

inline engine::MaskKey WebSocket::next_mask() noexcept {
    return std::bit_cast<engine::MaskKey>(static_cast<std::uint32_t>(siphash(options_.mask_secret, ++masks_, 0)));
}

inline void WebSocket::write(Opcode opcode, std::string_view payload) {
    engine::append_client_frame(pending_, opcode, payload, next_mask());
    flush();
}

inline void WebSocket::flush() {
    if (!in_flight_.empty()) return;
    if (const auto pong = std::exchange(pong_, std::nullopt); pong && stage_ == Stage::open)
        engine::append_client_frame(pending_, Opcode::pong, *pong, next_mask());
    if (pending_.empty()) return;
    in_flight_.swap(pending_);
    stream_->async_write(in_flight_, [self = shared_from_this()](std::error_code error) {
        self->in_flight_.clear();
        if (self->stage_ == Stage::ended) return;
        if (!error) return self->flush();
        if (self->stage_ == Stage::closing) return self->drop();
        // Why nothing is taken any more is better told by what can still be read: perhaps a Close frame. But it has to come.
        self->timer_.expires_after(self->options_.close_timeout);
        self->timer_.async_wait([self, words = error.message()](std::error_code cancelled) {
            if (!cancelled) self->lose(words);
        });
    });
}

/// From here on only the end is read.
inline void WebSocket::begin_closing(std::string_view payload) {
    stage_ = Stage::closing;
    write(Opcode::close, payload);
    timer_.expires_after(options_.close_timeout);
    timer_.async_wait([self = shared_from_this()](std::error_code error) {
        if (!error) self->drop();
    });
}

}  // namespace kingbolt::client
