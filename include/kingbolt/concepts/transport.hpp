#pragma once
// What the hub asks of a transport, and what it gives back. A transport owns sockets and bytes; it knows the WebSocket
// handshake and framing, and nothing of topics, queues, liveness or limits.
//
// The contract, kept by every transport and checked by one test suite over all of them:
//   1. Everything runs on one executor, the transport's loop. Only `post` and `in_loop` may be called from elsewhere.
//   2. Commands never call back: whatever a `write`, `close` or `abort` leads to arrives in a later turn of the loop.
//   3. A `Connection&` is valid from `on_accepted` until `on_closed` has returned.
//   4. `on_closed` comes exactly once for each `on_accepted`, and nothing comes after it.
//   5. `write` returns how many bytes the kernel took at once. When that is all of them the write is over, and nothing is reported;
//      otherwise it is in flight, and the next write follows `on_written(..., complete = true)`. At most one is in flight.
//   6. `close` queues a Close frame behind what was written; when the peer's Close has arrived too, the transport ends the
//      TCP connection. The transport keeps no deadlines: the hub aborts what takes too long.
//   7. A peer's Close is answered by the transport; `on_close_received` tells the hub at once that nothing more may be sent.
//   8. `on_message` gives whole messages; text is valid UTF-8; none is larger than the transport's limit.
//   9. Pings are not answered by the transport: `on_ping` lets the hub queue one pong in its control lane.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/message.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/core/wire.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

/// The hub's answer to a new connection.
struct Acceptance {
    SessionId session{};         ///< comes back with every later event; null refuses the connection
    std::string_view refusal{};  ///< of a refusal: a whole HTTP response, valid until the next event, for a client that can read it
};

/// What a transport reports. The hub implements it.
template <class Connection>
class TransportEvents {
public:
    /// A TCP connection exists. When it is refused the transport drops it without reading a request, and no further event names it.
    virtual Acceptance on_accepted(Connection& connection, std::string remote) = 0;
    /// A valid upgrade request has arrived in full. Until a deferred answer is given nothing more is read; the end of a client that does
    /// not wait for it is reported where it can be seen without reading, which with TLS it cannot.
    virtual UpgradeResponse on_upgrade(SessionId session, const UpgradeRequest& request) = 0;
    /// A complete HTTP request that does not ask for an upgrade. The connection closes after the response, which is sent for
    /// as long as the hub lets the client take it: nothing but `abort` ends that.
    virtual HttpResponse on_request(SessionId session, const HttpRequest& request) = 0;
    /// The 101 response is on its way.
    virtual void on_opened(SessionId session) = 0;
    /// Bytes arrived, of whatever kind; comes before anything made of them.
    virtual void on_bytes(SessionId session, std::size_t bytes) = 0;
    /// A whole message; text is UTF-8.
    virtual void on_message(SessionId session, Message message) = 0;
    /// A ping came; the hub answers it.
    virtual void on_ping(SessionId session, std::string_view payload) = 0;
    /// A pong came.
    virtual void on_pong(SessionId session, std::string_view payload) = 0;
    /// The peer's Close frame. Of the peer nothing follows but the end.
    virtual void on_close_received(SessionId session, CloseCode code, std::string_view reason) = 0;
    /// All that came with the bytes reported last has been told, or waits for a pause to end. Only of a connection that is open.
    virtual void on_read_end(SessionId session) = 0;
    /// `bytes` more of the write in flight were taken by the kernel, `complete` when it was the last of them. What `write` has
    /// returned is not reported again.
    virtual void on_written(SessionId session, std::size_t bytes, bool complete) = 0;
    /// The last of a connection, once.
    virtual void on_closed(SessionId session, const WireClosed& how) = 0;
    /// Asked for with `end_turn_soon`: all events of this turn have been delivered.
    virtual void on_turn_end() = 0;
    /// The periodic tick set with `tick_every`.
    virtual void on_tick() = 0;

protected:
    ~TransportEvents() = default;
};

/// One connection, as the hub commands it.
template <class C>
concept TransportConnection = requires(C& connection, const UpgradeResponse& response, std::span<const Frame> frames, CloseCode code,
                                       std::string_view reason) {
    // Frames in order, header and payload; the span need not outlive the call, and what is kept of them is their `compact()`. What the
    // kernel took at once; an error gives 0, and on_closed comes in a later turn.
    { connection.write(frames) } -> std::same_as<std::size_t>;
    connection.answer_upgrade(response);  // once, and only after a deferred answer
    connection.close(code, reason);
    connection.abort();  // drop now, without a Close frame; reported by on_closed in a later turn
    connection.pause_reading();
    connection.resume_reading();
    { connection.tcp_evidence() } -> std::same_as<std::optional<TcpEvidence>>;
    { connection.held_bytes() } -> std::same_as<std::size_t>;  // of what has been read and is not whole yet, or waits for a pause to end
};

/// A worked model, complete but for the bytes:
///
///     struct Loopback {
///         struct Connection {
///             void answer_upgrade(const kb::UpgradeResponse&);
///             std::size_t write(std::span<const kb::Frame>);
///             void close(kb::CloseCode, std::string_view reason);
///             void abort();
///             void pause_reading();
///             void resume_reading();
///             std::optional<kb::TcpEvidence> tcp_evidence() const;
///             std::size_t held_bytes() const;
///         };
///         void attach(kb::TransportEvents<Connection>&);  // once, before the loop runs
///         void detach();                                  // drops all connections; no event comes afterwards
///         void post(std::function<void()>);               // any thread; runs in the loop
///         bool in_loop() const;                           // any thread; true when the caller runs inside the loop
///         void end_turn_soon();                           // one on_turn_end() after the events already due
///         void tick_every(kb::Duration);                  // on_tick() from now on; zero stops it
///         void stop_accepting();
///         std::size_t held_bytes() const;                 // by all connections together
///     };
template <class T>
concept Transport = TransportConnection<typename T::Connection> &&
    requires(T& transport, const T& constant, TransportEvents<typename T::Connection>& events, std::function<void()> task,
             Duration period) {
    transport.attach(events);
    transport.detach();
    transport.post(std::move(task));
    { constant.in_loop() } -> std::same_as<bool>;
    transport.end_turn_soon();
    transport.tick_every(period);
    transport.stop_accepting();
    { constant.held_bytes() } -> std::same_as<std::size_t>;
};

}  // namespace kingbolt
