#pragma once
// WebSockets by kingbolt itself, over a standalone asio::io_context; header-only, and the default choice. Link kingbolt::native.
//
//     asio::io_context io;
//     kb::transport::Native server{io, {.port = 9002}};
//     kb::Hub hub{server};
//     io.run();
//
// With compression (RFC 7692): `kb::transport::Native server{io, {.port = 9002}, kb::compression::Zlib{}}`, and kingbolt::compression.
// With TLS: tls/openssl.hpp and kingbolt::tls. With both, compression first.
//
// What the hub writes goes to the kernel at once and from where it lies; what arrives is read into one buffer for all connections and
// handed on from there. An idle connection owns no buffer, no timer and no reactor object. Linux only, for its epoll.

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/policy/permessage_deflate.hpp>
#include <kingbolt/policy/tls_options.hpp>
#include <kingbolt/transport/native/connection.hpp>
#include <kingbolt/transport/native/server.hpp>

#include <asio/io_context.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace kingbolt::transport {

/// Where it listens, and its bounds.
struct NativeOptions {
    /// The interface to listen on, as a number: IPv4, IPv6, or `::` for both.
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0 lets the kernel choose; `Native::port()` tells which
    /// Listens on a Unix socket of this path instead, 1 to 107 bytes. The socket left behind by a server that was killed is taken over;
    /// anything else at that path is left alone, and the path is taken.
    std::string unix_path{};
    std::size_t max_message = 64_KiB;  ///< bytes of one received message, its fragments together; 1 byte to 1 GiB
    int backlog = 1024;                ///< connections that wait in the kernel to be accepted; 1 to 65535, the kernel may cap it
    bool reuse_address = true;         ///< SO_REUSEADDR: listen at once where a server has just gone
    bool reuse_port = false;           ///< SO_REUSEPORT: several servers share the port, and the kernel spreads the connections
    /// SO_SNDBUF of each connection, in bytes, 4 KiB to 64 MiB; 0 leaves it to the kernel, which on Linux may take up to 4 MiB for
    /// a client that reads slowly before the hub notices anything.
    std::size_t send_buffer = 0;
    /// TCP_USER_TIMEOUT: the kernel gives a connection up when what was sent stays unacknowledged for this long, 1 ms to 1 h; 0 leaves
    /// it to tcp_retries2, about 15 minutes. Keep-alive finds a vanished peer as well; this finds it without a ping.
    Duration user_timeout{};

    /// Throws InvalidOption.
    void validate() const;
};

/// A Transport (concepts/transport.hpp); C is a Compression (concepts/compression.hpp), S a SecureChannel (concepts/secure_channel.hpp).
/// One thread may run the io_context; everything but `post` and `in_loop` belongs to it.
template <Compression C = NoCompression, SecureChannel S = PlainText>
class Native {
public:
    /// What Transport asks.
    using Connection = native::Connection<C, S>;

    /// Binds and listens at once; accepts from `attach` on. Throws InvalidOption, and std::system_error when the address is taken.
    explicit Native(asio::io_context& io, const NativeOptions& options = {}, C compression = C{}) requires(!S::encrypts)
        : Native{io, options, std::move(compression), S{}} {}
    /// Likewise.
    Native(asio::io_context& io, const NativeOptions& options, S channel) requires std::default_initializable<C>
        : Native{io, options, C{}, std::move(channel)} {}
    /// Likewise.
    Native(asio::io_context& io, const NativeOptions& options, C compression, S channel)
        : server_{std::make_shared<native::Server<C, S>>(io, listen(options), rules(options), std::move(compression), std::move(channel))} {
    }
    ~Native() { server_->stop(); }
    Native(const Native&) = delete;
    Native& operator=(const Native&) = delete;

    /// 0 for a Unix socket.
    std::uint16_t port() const noexcept { return server_->port(); }

    /// Once, before the loop runs.
    void attach(TransportEvents<Connection>& events) { server_->start(events); }
    /// Closes every socket. Tasks that were posted and have not run yet are dropped: nothing of the hub is touched afterwards.
    void detach() { server_->stop(); }
    /// Any thread.
    void post(std::function<void()> task) { server_->post(std::move(task)); }
    /// Any thread. While no loop runs it is true for the thread that last ran it. Before the first run it is true for nobody: threads
    /// that start before the loop does could not tell which of them is alone.
    bool in_loop() const { return server_->in_loop(); }
    void end_turn_soon() { server_->end_turn_soon(); }
    void tick_every(Duration period) { server_->tick_every(period); }
    /// Once all connections have ended and the tick is stopped too, the transport keeps io_context::run() no longer.
    void stop_accepting() { server_->stop_accepting(); }
    std::size_t held_bytes() const noexcept { return server_->held_bytes(); }
    /// Reads the files of the channel's options anew, in the loop. Who is connected stays so; who connects from now on meets what they
    /// hold. Throws, as the channel's constructor does, when one of them cannot be used: then all stays as it was.
    void reload() requires S::encrypts { server_->channel().reload(); }

private:
    static detail::ListenOptions listen(const NativeOptions& options) {
        options.validate();
        return {.endpoint = options.unix_path.empty() ? detail::ip_endpoint("NativeOptions.address", options.address, options.port)
                                                      : detail::unix_endpoint("NativeOptions.unix_path", options.unix_path),
                .backlog = options.backlog,
                .reuse_address = options.reuse_address,
                .reuse_port = options.reuse_port,
                .send_buffer = options.send_buffer,
                .user_timeout = options.user_timeout,
                .plain = !S::encrypts};
    }
    /// What the codec is told.
    static engine::FrameRules rules(const NativeOptions& options) { return {.max_message = options.max_message}; }

    std::shared_ptr<native::Server<C, S>> server_;
};

static_assert(Transport<Native<>>);

inline void NativeOptions::validate() const {
    const auto require = [](auto value, auto lowest, auto highest, const char* option, const char* range, const char* cure) {
        if (value < lowest || value > highest)
            throw InvalidOption{std::string{"NativeOptions."} + option, std::to_string(value), range, cure};
    };
    require(max_message, std::size_t{1}, std::size_t{1_GiB}, "max_message", "1 byte to 1 GiB",
            "give the largest message that a client may send");
    require(backlog, 1, 65535, "backlog", "1 to 65535", "1024 suits most servers");
    if (send_buffer != 0)
        require(send_buffer, std::size_t{4_KiB}, std::size_t{64_MiB}, "send_buffer", "0, or 4 KiB to 64 MiB", "0 leaves it to the kernel");
    if (user_timeout != Duration::zero())
        require(milliseconds(user_timeout), decltype(milliseconds(user_timeout)){1}, decltype(milliseconds(user_timeout)){3'600'000},
                "user_timeout", "0, or 1 ms to 1 h (3600000)", "0 leaves it to the kernel");
}

}  // namespace kingbolt::transport

#include <kingbolt/transport/native/ending.hpp>
#include <kingbolt/transport/native/handshake.hpp>
#include <kingbolt/transport/native/reading.hpp>
#include <kingbolt/transport/native/secure.hpp>
#include <kingbolt/transport/native/writing.hpp>
