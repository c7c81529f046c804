#pragma once
// One WebSocket connection as a client has it (RFC 6455): from the name of the server to the closing handshake. It carries messages and
// answers pings; what they mean, and how long to wait for what, is the business of who owns it.

#include <kingbolt/client/byte_stream.hpp>
#include <kingbolt/client/detail/upgrade.hpp>
#include <kingbolt/client/url.hpp>
#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/opcode.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/base64.hpp>
#include <kingbolt/engine/client_frame.hpp>
#include <kingbolt/engine/close_payload.hpp>
#include <kingbolt/engine/close_plan.hpp>
#include <kingbolt/engine/frame_reader.hpp>
#include <kingbolt/engine/response_head.hpp>
#include <kingbolt/policy/siphash.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kingbolt::client {

/// What becomes of a connection. After one of the last three nothing more is told. Views are valid until the call returns.
class WebSocketEvents {
public:
    /// The upgrade was answered with 101.
    virtual void on_open(std::string_view subprotocol) = 0;  // empty: the server selected none
    virtual void on_bytes() = 0;                             // before what they mean is told
    /// A whole text message, which is UTF-8.
    virtual void on_text(std::string_view message) = 0;
    /// A whole binary message.
    virtual void on_binary(std::string_view message) = 0;
    /// A Close frame came; or the server broke the protocol, and was told so.
    virtual void on_closed(CloseCode code, std::string_view reason) = 0;
    /// The request was answered with anything but 101.
    virtual void on_refused(unsigned http_status, std::optional<Duration> retry_after) = 0;
    /// No connection, or no more; `words` say why.
    virtual void on_lost(std::string_view words) = 0;

protected:
    ~WebSocketEvents() = default;
};

/// What one connection is told.
struct WebSocketOptions {
    Url url{};              ///< where to
    HttpHeaders headers{};  ///< besides those of the handshake
    std::vector<std::string> subprotocols{};
    std::size_t max_message = 16 * 1024 * 1024;        ///< bytes
    Duration close_timeout = std::chrono::seconds{5};  ///< for the server to end the connection after a closing handshake has begun
    SipKey mask_secret{};                              ///< of the keys that mask frames: unpredictable (RFC 6455 §5.3)
};

/// Made with std::make_shared; what is under way keeps it. Everything on `executor`, whose handlers must not run at the same time.
class WebSocket : public std::enable_shared_from_this<WebSocket> {
public:
    /// `events` outlive the connection, or `close` is called before.
    WebSocket(const asio::any_io_executor& executor, WebSocketOptions options, std::unique_ptr<ByteStream> stream, WebSocketEvents& events)
        : options_{std::move(options)}, stream_{std::move(stream)}, events_{&events}, resolver_{executor}, timer_{executor} {}

    /// Once.
    void connect();
    /// Of one that is open; otherwise nothing.
    void send(std::string_view text) {
        if (stage_ == Stage::open) write(Opcode::text, text);
    }
    /// Bytes that the network has not taken yet.
    std::size_t unsent() const noexcept { return in_flight_.size() + pending_.size(); }
    /// After what was sent comes a Close frame; then the server has `close_timeout` to end the connection. One that is not open yet is
    /// dropped. Nothing more is told.
    void close(CloseCode code, std::string_view reason = {}) {
        events_ = nullptr;
        if (stage_ != Stage::open) return drop();
        begin_closing(engine::write_close_payload(code, engine::fitting_reason(reason)));
    }
    /// Ends it at once. Nothing more is told.
    void drop() noexcept {
        events_ = nullptr;
        stage_ = Stage::ended;
        resolver_.cancel();
        timer_.cancel();
        stream_->close();
    }

private:
    enum class Stage : std::uint8_t { connecting, upgrading, open, closing, ended };
    static constexpr std::size_t max_head = 16 * 1024;  ///< of the answer to the upgrade request

    void request_upgrade();
    void take_head(std::size_t fresh);
    void read();
    void take_frames(std::span<char> bytes);
    void write(Opcode opcode, std::string_view payload);
    void flush();
    void begin_closing(std::string_view payload);
    engine::MaskKey next_mask() noexcept;

    void lose(std::string_view words) {
        WebSocketEvents* const events = std::exchange(events_, nullptr);
        drop();
        if (events != nullptr) events->on_lost(words);
    }

    /// What the frame reader tells; false where the rest has no meaning any more.
    struct Sink {
        WebSocket& socket;
        bool on_message(Opcode opcode, std::string_view payload, bool) {
            opcode == Opcode::text ? socket.events_->on_text(payload) : socket.events_->on_binary(payload);
            return socket.stage_ == Stage::open;
        }
        bool on_ping(std::string_view payload) {
            // Of several pings the last one may be answered for all (§5.5.3): a server that does not read cannot make this grow.
            socket.pong_ = payload;
            socket.flush();
            return true;
        }
        bool on_pong(std::string_view) { return true; }
        bool on_close(CloseCode code, std::string_view reason) {
            WebSocketEvents* const events = std::exchange(socket.events_, nullptr);
            socket.begin_closing(engine::write_close_payload(code, {}));
            events->on_closed(code, reason);
            return false;
        }
    };

    const WebSocketOptions options_;
    std::unique_ptr<ByteStream> stream_;
    WebSocketEvents* events_;  ///< null: nobody is told any more
    asio::ip::tcp::resolver resolver_;
    asio::steady_timer timer_;
    Stage stage_ = Stage::connecting;
    std::string key_{};   ///< of the upgrade
    std::string head_{};  ///< of the answer, and what came with it
    std::vector<char> buffer_ = std::vector<char>(64 * 1024);
    engine::FrameReader reader_{};
    std::string pending_{}, in_flight_{};  ///< to be written; being written
    std::optional<std::string> pong_{};    ///< owed
    std::uint64_t masks_ = 0;
};

}  // namespace kingbolt::client

#include <kingbolt/client/detail/websocket_impl.hpp>
