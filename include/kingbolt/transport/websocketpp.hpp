#pragma once
// WebSockets by websocketpp, over a standalone asio::io_context, plain or TLS. Link kingbolt::websocketpp; websocketpp's own
// headers and OpenSSL stay inside that target.
//
//     asio::io_context io;
//     kb::transport::Websocketpp server{io, {.port = 9002}};
//     kb::Hub hub{server};
//     io.run();
//
// websocketpp reads: the frames, and the rules of RFC 6455. The request before them is read by kingbolt itself, as strictly as for
// transport::Native. What the hub writes goes to the socket as it is, one
// gathered write a batch, so that a frame which goes to a thousand clients exists once. Compression is never negotiated.

#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/policy/tls_options.hpp>

#include <asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt::transport {

namespace detail {
class Server;
}

/// Where it listens, and its bounds.
struct WebsocketppOptions {
    std::string address = "127.0.0.1";  ///< the interface to listen on, as a number: IPv4, IPv6, or `::` for both
    std::uint16_t port = 0;             ///< 0 lets the kernel choose; `Websocketpp::port()` tells which
    std::size_t max_message = 64_KiB;   ///< bytes of one received message, its fragments together; 1 byte to 1 GiB
    int backlog = 1024;                 ///< connections that wait in the kernel to be accepted; 1 to 65535, the kernel may cap it
    bool reuse_address = true;          ///< SO_REUSEADDR: listen at once where a server has just gone
    /// SO_SNDBUF of each connection, in bytes, 4 KiB to 64 MiB; 0 leaves it to the kernel, which on Linux may take up to 4 MiB for
    /// a client that reads slowly before the hub notices anything.
    std::size_t send_buffer = 0;
    std::optional<TlsOptions> tls{};  ///< wss:// instead of ws://
};

/// A Transport (concepts/transport.hpp). One thread may run the io_context; everything but `post` and `in_loop` belongs to it.
class Websocketpp {
public:
    /// A TransportConnection. Whatever is asked of one that is no longer open does nothing.
    class Connection {
    public:
        Connection(const Connection&) = delete;
        Connection& operator=(const Connection&) = delete;

        void answer_upgrade(const UpgradeResponse& response);
        std::size_t write(std::span<const Frame> frames);
        /// Before the upgrade, and with a code that may not be sent, it aborts. A reason longer than 123 bytes is cut between two
        /// characters. Ends a pause: the peer's Close has to be read.
        void close(CloseCode code, std::string_view reason);
        /// With a TCP reset, so that nothing of a dead peer stays behind in the kernel.
        void abort();
        /// Takes effect at once, but for what has been read already: at most 2 KiB. With TLS a read that is under way still counts.
        void pause_reading();
        void resume_reading();
        /// On Linux only.
        std::optional<TcpEvidence> tcp_evidence() const;
        /// What has come since the last whole message: websocketpp does not say what it keeps of that.
        std::size_t held_bytes() const noexcept;

    protected:
        Connection() = default;
        ~Connection() = default;
    };

    /// Binds and listens at once; accepts from `attach` on. Throws InvalidOption, and std::system_error when the address is taken
    /// or a file of `tls` cannot be used.
    explicit Websocketpp(asio::io_context& io, const WebsocketppOptions& options = {});
    ~Websocketpp();
    Websocketpp(const Websocketpp&) = delete;
    Websocketpp& operator=(const Websocketpp&) = delete;

    std::uint16_t port() const noexcept;

    /// Once, before the loop runs.
    void attach(TransportEvents<Connection>& events);
    /// Closes every socket. Tasks that were posted and have not run yet are dropped: nothing of the hub is touched afterwards.
    void detach();
    /// Any thread.
    void post(std::function<void()> task);
    /// Any thread. While no loop runs it is true for the thread that last ran it. Before the first run it is true for nobody: threads
    /// that start before the loop does could not tell which of them is alone.
    bool in_loop() const;
    void end_turn_soon();
    void tick_every(Duration period);
    /// Once all connections have ended and the tick is stopped too, the transport keeps io_context::run() no longer.
    void stop_accepting();
    std::size_t held_bytes() const noexcept;
    /// Reads the files of `tls` anew, in the loop. Who is connected stays so; who connects from now on meets what they hold. Throws, as the
    /// constructor does, when one of them cannot be used: then all stays as it was. Does nothing on a plain port.
    void reload();

private:
    std::shared_ptr<detail::Server> server_;
};

static_assert(Transport<Websocketpp>);

}  // namespace kingbolt::transport
