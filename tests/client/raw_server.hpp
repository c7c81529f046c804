#pragma once
// A server that says what a test tells it to, right or wrong, in coroutines on the test's own loop: one thread, an ephemeral port.

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "support/accept_key.hpp"
#include "support/wire_frame.hpp"

namespace kingbolt::test {

/// A frame as a server writes it. A function, because g++ 12 destroys an aggregate twice that is made within a co_await.
inline std::string server_frame(unsigned opcode, const std::string& payload, bool fin = true, unsigned rsv = 0) {
    return WireFrame{.opcode = opcode, .payload = payload, .fin = fin, .rsv = rsv, .masked = false}.encode();
}

/// The server's end of one connection. What is read throws std::system_error when the client has gone.
template <class Stream>
class BasicPeer {
public:
    explicit BasicPeer(Stream stream) : stream_{std::move(stream)} {}

    /// Reads the head of the upgrade request.
    asio::awaitable<std::string> request() {
        const std::size_t size = co_await asio::async_read_until(stream_, asio::dynamic_buffer(inbox_), "\r\n\r\n", asio::use_awaitable);
        request_ = inbox_.substr(0, size);
        inbox_.erase(0, size);
        co_return request_;
    }
    /// The value of a header of the request.
    std::string header(const std::string& name) const {
        const std::size_t at = request_.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const std::size_t begin = at + name.size() + 4;
        return request_.substr(begin, request_.find("\r\n", begin) - begin);
    }
    /// The right answer to the request, with more headers.
    std::string upgrade(std::string_view more = "Sec-WebSocket-Protocol: kingbolt.v1.json\r\n") const {
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
               accept_key(header("Sec-WebSocket-Key")) + "\r\n" + std::string{more} + "\r\n";
    }
    asio::awaitable<void> accept() {
        co_await request();
        co_await send(upgrade());
    }

    asio::awaitable<void> send(std::string bytes) { co_await asio::async_write(stream_, asio::buffer(bytes), asio::use_awaitable); }
    asio::awaitable<void> say(std::string text) { co_await send(server_frame(0x1, text)); }
    asio::awaitable<void> close(unsigned code, std::string reason = {}) {
        const char payload[]{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
        co_await send(server_frame(0x8, std::string{payload, 2} + reason));
    }

    asio::awaitable<WireFrame> frame() {
        for (;;) {
            if (auto one = take_frame(inbox_)) co_return *one;
            char piece[4096];
            const std::size_t size = co_await stream_.async_read_some(asio::buffer(piece), asio::use_awaitable);
            inbox_.append(piece, size);
        }
    }
    /// The payload of the next frame.
    asio::awaitable<std::string> text() {
        WireFrame one = co_await frame();
        co_return std::move(one.payload);
    }
    /// Until the client ends the connection.
    asio::awaitable<void> see_end() {
        for (;;) co_await frame();
    }

    Stream& stream() noexcept { return stream_; }

private:
    Stream stream_;
    std::string request_{}, inbox_{};
};

using Peer = BasicPeer<asio::ip::tcp::socket>;
using Script = std::function<asio::awaitable<void>(Peer&)>;

/// Plays one script for each connection, in turn; the connection ends with its script. Those for which there is none are closed at once.
class RawServer {
public:
    RawServer(asio::io_context& io, std::vector<Script> scripts) : RawServer{io, std::move(scripts), 0} {}
    RawServer(asio::io_context& io, std::vector<Script> scripts, std::uint16_t port)
        : io_{io}, acceptor_{io, {asio::ip::address_v4::loopback(), port}}, scripts_{std::move(scripts)} {
        asio::co_spawn(io_, serve(), asio::detached);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::string url(std::string_view scheme = "ws") const {
        return std::string{scheme} + "://127.0.0.1:" + std::to_string(port()) + "/hub?x=1";
    }
    std::size_t accepted() const noexcept { return accepted_; }
    void stop() { acceptor_.close(); }

private:
    asio::awaitable<void> serve() {
        for (;;) {
            std::error_code error;
            auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (error) co_return;
            if (accepted_++ < scripts_.size()) asio::co_spawn(io_, play(Peer{std::move(socket)}, scripts_[accepted_ - 1]), asio::detached);
        }
    }
    static asio::awaitable<void> play(Peer peer, Script script) {
        try {
            co_await script(peer);
        } catch (const std::system_error&) {  // the client has gone
        }
    }

    asio::io_context& io_;
    asio::ip::tcp::acceptor acceptor_;
    std::vector<Script> scripts_;
    std::size_t accepted_ = 0;
};

/// Runs the loop until `happened()`; whether it did within 5 s.
template <class Happened>
bool run_until(asio::io_context& io, Happened happened) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    io.restart();
    while (!happened()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        io.run_one_for(std::chrono::milliseconds{100});
        if (io.stopped()) io.restart();
    }
    return true;
}

/// Lets the loop do what it has to do for a while.
inline void run_for(asio::io_context& io, std::chrono::milliseconds duration) {
    io.restart();
    io.run_for(duration);
}

}  // namespace kingbolt::test
