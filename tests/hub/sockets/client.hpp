#pragma once
// A client over a real loopback socket that speaks and answers as a simulated Peer does, so that one test drives either. It
// never waits: `pump` reads what has arrived.

#include "support/ws_client.hpp"

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/opcode.hpp>
#include <kingbolt/engine/client_frame.hpp>
#include <kingbolt/engine/close_payload.hpp>
#include <kingbolt/testing/detail/server_output.hpp>
#include <kingbolt/testing/peer.hpp>
#include <kingbolt/testing/peer_options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::test {

class Client {
public:
    Client(std::uint16_t port, testing::PeerOptions options) : options_{std::move(options)} {
        try {
            const bool small = options_.receive_buffer < testing::PeerOptions{}.receive_buffer;
            socket_ = RawSocket::connect(port, {.receive_buffer = small ? static_cast<int>(options_.receive_buffer) : 0});
        } catch (const std::runtime_error&) {
            ended_ = true;  // nobody listens there any more
            return;
        }
        remote_ = "127.0.0.1:" + std::to_string(socket_.port());
        say_hello();
    }

    const std::string& remote() const noexcept { return remote_; }

    void send_text(std::string_view text) { send(Opcode::text, text); }
    void send_binary(std::string_view bytes) { send(Opcode::binary, bytes); }
    void send_fragment(Opcode opcode, std::string_view payload, bool final) { socket_.send(engine::client_frame(opcode, payload, final)); }
    void ping(std::string_view payload = {}) { send(Opcode::ping, payload); }
    void pong(std::string_view payload = {}) { send(Opcode::pong, payload); }
    void close(CloseCode code = CloseCode::normal, std::string_view reason = {}) {
        close_sent_ = true;
        send(Opcode::close, engine::write_close_payload(code, reason));
    }
    void violate_protocol() { socket_.send(std::string_view{"\xC1\x80\0\0\0\0", 6}); }

    void drop() {
        socket_.close();
        ended_ = true;
    }
    void reset() {
        socket_.reset();
        ended_ = true;
    }
    void stop_reading() noexcept { reading_ = false; }
    void resume_reading() noexcept { reading_ = true; }

    bool is_open() const noexcept { return upgrade_status() == 101 && !ended_ && !close_code_ && !close_sent_; }
    bool has_ended() const noexcept { return ended_; }
    unsigned upgrade_status() const noexcept { return response_ ? response_->status : 0; }
    const std::optional<HttpResponse>& response() const noexcept { return response_; }
    const std::vector<testing::Received>& received() const noexcept { return received_; }
    std::vector<testing::Received> take_messages() { return std::exchange(received_, {}); }
    std::size_t pings_received() const noexcept { return pings_; }
    std::size_t pongs_received() const noexcept { return pongs_; }
    const std::string& last_pong() const noexcept { return last_pong_; }
    std::optional<CloseCode> close_code() const noexcept { return close_code_; }
    const std::string& close_reason() const noexcept { return close_reason_; }
    const std::vector<std::string>& violations() const noexcept { return violations_; }

    /// Takes what has arrived; false when that was nothing.
    bool pump() {
        if (ended_ || !reading_) return false;
        std::string bytes;
        const Read outcome = socket_.read(bytes, Patience{0});
        output_.append(std::as_bytes(std::span{bytes}));
        understand();
        if (outcome == Read::eof || outcome == Read::reset) {
            socket_.close();
            ended_ = true;
        }
        return outcome != Read::timeout;
    }

private:
    void say_hello() {
        using testing::Handshake;
        Upgrade upgrade{.target = options_.target};
        for (const auto& subprotocol : options_.subprotocols) {
            if (!upgrade.subprotocols.empty()) upgrade.subprotocols += ", ";
            upgrade.subprotocols += subprotocol;
        }
        for (const auto& [name, value] : options_.headers) upgrade.headers.push_back(name + ": " + value);
        const std::string request = WsClient::upgrade_request(upgrade);
        switch (options_.handshake) {
        case Handshake::websocket: socket_.send(request); return;
        case Handshake::half: socket_.send(std::string_view{request}.substr(0, request.size() / 2)); return;
        case Handshake::malformed: socket_.send("\x16\x03\x01 this is no HTTP\r\n\r\n"); return;
        case Handshake::plain_http: socket_.send("GET " + options_.target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); return;
        case Handshake::silent: return;
        }
    }
    void send(Opcode opcode, std::string_view payload) { socket_.send(engine::client_frame(opcode, payload)); }

    void understand() {
        if (!response_) {
            response_ = output_.take_response();
            if (upgrade_status() == 101 &&
                HttpRequest{.headers = response_->headers}.header("Sec-WebSocket-Accept") != accept_key(WsClient::key))
                violations_.emplace_back("a wrong Sec-WebSocket-Accept");
        }
        while (upgrade_status() == 101) {
            const auto frame = output_.next(violations_);
            if (!frame) return;
            on_frame(frame->opcode, frame->payload);
        }
    }
    void on_frame(Opcode opcode, std::string_view payload) {
        if (opcode == Opcode::ping) {
            ++pings_;
            if (options_.answers_pings && !close_sent_) pong(payload);
        } else if (opcode == Opcode::pong) {
            ++pongs_;
            last_pong_ = payload;
        } else if (opcode == Opcode::close) {
            const auto said = engine::read_close_payload(payload);
            close_code_ = said.code;
            close_reason_ = said.reason;
            if (options_.answers_close && !close_sent_) close(said.code);
        } else {
            received_.push_back({opcode, std::string{payload}, {}});
        }
    }

    testing::PeerOptions options_;
    RawSocket socket_;
    std::string remote_;
    testing::detail::ServerOutput output_;
    std::optional<HttpResponse> response_;
    std::vector<testing::Received> received_;
    std::vector<std::string> violations_;
    std::string last_pong_, close_reason_;
    std::optional<CloseCode> close_code_;
    std::size_t pings_ = 0, pongs_ = 0;
    bool reading_ = true, ended_ = false, close_sent_ = false;
};

}  // namespace kingbolt::test
