#pragma once
// A WebSocket client that can be as wrong as it likes: any header, any frame, any end. It answers nothing by itself; a test
// says what the peer does.

#include "support/accept_key.hpp"
#include "support/raw_socket.hpp"
#include "support/wire_frame.hpp"
#if __has_include("peer_socket.hpp")
#include "peer_socket.hpp"  // a test's own
#endif

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::test {

#if !__has_include("peer_socket.hpp")
using PeerSocket = RawSocket;
#endif

struct Upgrade {
    std::string target = "/";
    std::string subprotocols{};  ///< the value of Sec-WebSocket-Protocol; empty sends no such header
    std::vector<std::string> headers{};
};

class WsClient {
public:
    struct Response {
        unsigned status = 0;
        std::string head{};  ///< status line and headers

        /// The first header of that name; empty when there is none.
        std::string header(std::string_view name) const {
            for (std::size_t line = head.find("\r\n"); line != std::string::npos; line = head.find("\r\n", line + 2)) {
                const std::size_t colon = head.find(':', line);
                if (colon == std::string::npos) break;
                if (!same(std::string_view{head}.substr(line + 2, colon - line - 2), name)) continue;
                const std::size_t value = head.find_first_not_of(" \t", colon + 1);
                return head.substr(value, head.find("\r\n", value) - value);
            }
            return {};
        }

    private:
        static bool same(std::string_view a, std::string_view b) {
            return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
        }
    };

    static constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";

    /// Only the TCP connection.
    explicit WsClient(std::uint16_t port, SocketOptions options = {}) : socket_{PeerSocket::connect(port, options)} {}

    explicit WsClient(PeerSocket socket) : socket_{std::move(socket)} {}

    /// Connected and upgraded; throws when the answer is not a 101 with the right Sec-WebSocket-Accept.
    static WsClient open(std::uint16_t port, const Upgrade& upgrade = {}, SocketOptions options = {}) {
        WsClient client{port, options};
        const auto response = client.handshake(upgrade);
        if (response.status != 101) throw std::runtime_error{"not upgraded: " + response.head};
        if (response.header("Sec-WebSocket-Accept") != accept_key(key)) throw std::runtime_error{"wrong accept: " + response.head};
        return client;
    }

    PeerSocket& socket() noexcept { return socket_; }
    std::string local_address() const { return "127.0.0.1:" + std::to_string(socket_.port()); }

    static std::string upgrade_request(const Upgrade& upgrade) {
        std::string request = "GET " + upgrade.target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
        request += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + std::string{key} + "\r\n";
        if (!upgrade.subprotocols.empty()) request += "Sec-WebSocket-Protocol: " + upgrade.subprotocols + "\r\n";
        for (const auto& header : upgrade.headers) request += header + "\r\n";
        return request + "\r\n";
    }

    /// Sends an upgrade request and reads the answer, 101 or not.
    Response handshake(const Upgrade& upgrade = {}) {
        send_raw(upgrade_request(upgrade));
        return read_response();
    }
    /// Reads one HTTP response's head; status 0 when none came in time. What follows it stays buffered.
    Response read_response(Patience timeout = patience) {
        const auto deadline = WaitClock::now() + timeout;
        std::size_t end = 0;
        while ((end = inbox_.find("\r\n\r\n")) == std::string::npos)
            if (!fill(deadline)) return {};
        Response response{.status = 0, .head = inbox_.substr(0, end + 2)};
        inbox_.erase(0, end + 4);
        if (response.head.size() >= 12) response.status = static_cast<unsigned>(std::stoul(response.head.substr(9, 3)));
        return response;
    }

    void send_raw(std::string_view bytes) { socket_.send(bytes); }
    void send(const WireFrame& frame) { send_raw(frame.encode()); }
    void send_text(std::string text) { send({.opcode = 0x1, .payload = std::move(text)}); }
    void send_ping(std::string payload = {}) { send({.opcode = 0x9, .payload = std::move(payload)}); }
    void send_pong(std::string payload = {}) { send({.opcode = 0xA, .payload = std::move(payload)}); }
    void send_close(unsigned code = 1000, std::string_view reason = {}) {
        std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
        send({.opcode = 0x8, .payload = payload.append(reason)});
    }

    /// The next frame, or nothing when the time or the stream ended; `last_read()` says which.
    std::optional<WireFrame> read_frame(Patience timeout = patience) {
        const auto deadline = WaitClock::now() + timeout;
        for (;;) {
            if (auto frame = take_frame(inbox_)) return frame;
            if (!fill(deadline)) return std::nullopt;
        }
    }
    /// The next frame of that opcode; others are passed over.
    std::optional<WireFrame> read_until(unsigned opcode, Patience timeout = patience) {
        const auto deadline = WaitClock::now() + timeout;
        for (;;) {
            auto frame = read_frame(std::max(0ms, std::chrono::ceil<Patience>(deadline - WaitClock::now())));
            if (!frame || frame->opcode == opcode) return frame;
        }
    }
    /// Reads until the stream ends, ignoring what comes; `eof`, `reset`, or `timeout`.
    Read read_to_end(Patience timeout = patience) {
        const auto deadline = WaitClock::now() + timeout;
        while (fill(deadline)) inbox_.clear();
        return last_read_;
    }
    Read last_read() const noexcept { return last_read_; }

    /// Waits for the server to close first, as a client should (RFC 6455 §7.1.1), then closes; returns how the server did.
    Read finish() {
        const Read end = read_to_end();
        close();
        return end;
    }
    void close() noexcept { socket_.close(); }
    void reset() noexcept { socket_.reset(); }
    void half_close() noexcept { socket_.shutdown_write(); }
    /// From here on this peer's kernel neither receives nor acknowledges; see `RawSocket::vanish`.
    void vanish() { socket_.vanish(); }

private:
    bool fill(WaitClock::time_point deadline) {
        last_read_ = socket_.read(inbox_, std::max(0ms, std::chrono::ceil<Patience>(deadline - WaitClock::now())));
        return last_read_ == Read::data;
    }

    PeerSocket socket_;
    std::string inbox_;
    Read last_read_ = Read::data;
};

}  // namespace kingbolt::test
