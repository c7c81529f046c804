#pragma once
// A simulated client: it does what a test tells it, and otherwise what its options say. It lives on its own side of the
// wire, so that nothing it does reaches the hub before its latency has passed.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/opcode.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/client_frame.hpp>
#include <kingbolt/testing/connection.hpp>
#include <kingbolt/testing/detail/pipe.hpp>
#include <kingbolt/testing/detail/server_output.hpp>
#include <kingbolt/testing/peer_options.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::testing {

/// A message from the hub. `at` is the true virtual time, whatever the hub's clock says.
struct Received {
    Opcode opcode{};
    std::string payload{};  ///< unmasked, whole
    TimePoint at{};
    bool operator==(const Received&) const = default;
};

/// How a peer's TCP connection ended, as the peer sees it.
enum class PeerEnd : std::uint8_t {
    none,             ///< it has not, or the peer has vanished and cannot know
    refused,          ///< the server took no connection
    server_finished,  ///< the server ended the stream (FIN)
    server_reset,     ///< the server reset it
    dropped,          ///< the peer itself ended its stream
    aborted,          ///< the peer itself reset it
};

/// A client in the simulation: what it does, what it is willing to do, and what it saw.
class Peer final : detail::Actor, detail::PipeReader {
public:
    /// The id that the hub gave it; null until the hub has accepted it. A peer stands for its id in lists of events.
    SessionId id() const noexcept { return connection_.id_; }
    /// Its id.
    operator SessionId() const noexcept { return id(); }
    const std::string& remote() const noexcept { return connection_.remote_; }

    // What it says. Before the upgrade is answered it waits; after the end it is lost.
    /// A whole message, one frame. UTF-8 or not.
    void send_text(std::string_view text) { send(engine::client_frame(Opcode::text, text)); }
    /// Likewise.
    void send_binary(std::string_view bytes) { send(engine::client_frame(Opcode::binary, bytes)); }
    /// Likewise.
    void send_binary(std::span<const std::byte> bytes) { send_binary({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }
    /// One frame of a message; `opcode` is continuation for all but the first.
    void send_fragment(Opcode opcode, std::string_view payload, bool final) { send(engine::client_frame(opcode, payload, final)); }
    /// A ping, up to 125 bytes.
    void ping(std::string_view payload = {}) { send(engine::client_frame(Opcode::ping, payload)); }
    /// An unasked pong.
    void pong(std::string_view payload = {}) { send(engine::client_frame(Opcode::pong, payload)); }
    void close(CloseCode code = CloseCode::normal, std::string_view reason = {});
    /// Any bytes at all.
    void send_raw(std::string_view bytes) { send(std::string{bytes}); }
    /// A frame with a reserved bit set, as from a client that believes it negotiated compression: a protocol error.
    void violate_protocol() { send_raw(std::string{"\xC1\x80\0\0\0\0", 6}); }

    // How it goes.
    /// The end of its stream (FIN), without a Close frame.
    void drop();
    /// A TCP reset.
    void reset();
    /// Likewise, when it has taken `n` bytes of the server's output in all, the HTTP response included.
    void reset_at_byte(std::size_t n) { reset_at_ = n; }
    /// Half-open: nothing arrives any more, in either direction, and nobody is told.
    void vanish();

    // What it is willing to do from now on.
    /// Its receive buffer fills, then the server's send buffer, then the hub's queue.
    void stop_reading() noexcept { reading_ = false; }
    void resume_reading();
    /// From now on.
    void answer_pings(bool yes) noexcept { options_.answers_pings = yes; }
    /// Likewise.
    void answer_close(bool yes) noexcept { options_.answers_close = yes; }
    /// Bytes per second; `unlimited` for all at once.
    void set_reads_per_second(std::size_t bytes);
    /// It takes what comes.
    bool is_reading() const noexcept { return reading_; }
    /// As they are now.
    const PeerOptions& options() const noexcept { return options_; }

    // What it saw.
    /// Upgraded, no Close frame either way, and the stream has not ended.
    bool is_open() const noexcept { return upgraded_ && end_ == PeerEnd::none && !vanished_ && !close_code_ && !close_sent_; }
    /// The server took no connection.
    bool refused() const noexcept { return end_ == PeerEnd::refused; }
    /// Its stream, in whichever way.
    bool has_ended() const noexcept { return end_ != PeerEnd::none; }
    /// `vanish` was called.
    bool has_vanished() const noexcept { return vanished_; }
    /// How.
    PeerEnd end() const noexcept { return end_; }
    /// 101 when the upgrade was accepted, another HTTP status when it was not, 0 when there was no answer.
    unsigned upgrade_status() const noexcept { return response_ ? response_->status : 0; }
    /// The answer to its request, whatever it was.
    const std::optional<HttpResponse>& response() const noexcept { return response_; }
    /// Whole messages, in order.
    const std::vector<Received>& received() const noexcept { return received_; }
    /// Likewise, and forgets them.
    std::vector<Received> take_messages() { return std::exchange(received_, {}); }
    /// Forgotten ones included.
    std::size_t messages_received() const noexcept { return messages_; }
    /// From the hub.
    std::size_t pings_received() const noexcept { return pings_; }
    /// Likewise.
    std::size_t pongs_received() const noexcept { return pongs_; }
    /// Its payload.
    const std::string& last_pong() const noexcept { return last_pong_; }
    /// Of the server's Close frame; none until it came. `no_status` when it had no code.
    std::optional<CloseCode> close_code() const noexcept { return close_code_; }
    /// Of the server's Close frame.
    const std::string& close_reason() const noexcept { return close_reason_; }
    /// Bytes of the server's output that it has taken.
    std::size_t bytes_received() const noexcept { return taken_; }
    /// What was wrong with the server's output, in order: empty for a server that keeps to RFC 6455.
    const std::vector<std::string>& violations() const noexcept { return violations_; }

private:
    friend class Simulation;

    Peer(detail::Server& server, std::uint32_t number, PeerOptions options, std::size_t server_send_buffer,
         std::size_t server_receive_buffer);

    void run(detail::Step step, std::uint32_t argument) override;
    void on_readable() override;
    void connect();
    void say_hello();
    void send(std::string_view bytes);
    void transmit(std::string_view bytes);
    void take(std::size_t most);
    void take_slowly();
    void understand();
    void on_frame(Opcode opcode, std::string_view payload);
    void on_close_frame(std::string_view payload);
    void on_end();
    bool gone() const noexcept { return vanished_ || end_ != PeerEnd::none; }
    /// No event names it any more: it can be destroyed.
    bool at_rest() const noexcept {
        return scheduled() == 0 && to_peer_.scheduled() == 0 && to_server_.scheduled() == 0 && connection_.scheduled() == 0;
    }

    detail::World& world_;
    PeerOptions options_;
    SimulatedConnection connection_;  // before the pipes, which call it
    detail::Pipe to_peer_;
    detail::Pipe to_server_;
    detail::ServerOutput output_;
    std::string waiting_;  ///< said before the upgrade was answered
    std::optional<HttpResponse> response_;
    std::vector<Received> received_;
    std::vector<std::string> violations_;
    std::string last_pong_, close_reason_;
    std::optional<CloseCode> close_code_;
    std::size_t messages_ = 0, pings_ = 0, pongs_ = 0, taken_ = 0;
    std::size_t reset_at_ = std::numeric_limits<std::size_t>::max();
    PeerEnd end_ = PeerEnd::none;
    bool upgraded_ = false, reading_ = true, read_scheduled_ = false, vanished_ = false, close_sent_ = false;
};

}  // namespace kingbolt::testing

#include <kingbolt/testing/detail/peer_impl.hpp>
