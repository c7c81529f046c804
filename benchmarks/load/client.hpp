#pragma once
// One WebSocket client of many: a socket, and what is left of a frame that has not come in full.

#include "frames.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace load {

/// What a client would like beside WebSocket.
enum class Offer { nothing, compression };

class Client {
public:
    /// Connects to 127.0.0.1 and asks for the upgrade, blocking; throws when that fails or takes longer than 10 s. The local address is
    /// 127.0.0.`1 + source`: each has ports of its own.
    Client(std::uint16_t port, std::string_view path, Offer offer = Offer::nothing, unsigned source = 0);
    ~Client();
    Client(Client&& other) noexcept : socket_{std::exchange(other.socket_, -1)}, offer_{other.offer_}, rest_{std::move(other.rest_)} {}
    Client& operator=(Client&&) = delete;

    int socket() const noexcept { return socket_; }

    /// Once, before anything else is sent or received. Throws when the server refuses, be it only to compress.
    void await_upgrade();

    /// All of it, blocking if need be.
    void send(std::string_view bytes) const;

    /// Reads once, into `buffer`, and calls `on_frame(opcode, payload)` for each data frame. Pings are answered.
    /// Throws when the connection has ended.
    template <class OnFrame>
    void receive(std::span<char> buffer, OnFrame&& on_frame) {
        const std::size_t size = read_some(buffer);
        if (size == 0) throw std::runtime_error{"the server ended a connection"};
        const auto handle = [&](unsigned opcode, std::string_view payload) {
            if ((opcode & compressed) != 0 && offer_ != Offer::compression) throw std::runtime_error{"compressed, and nobody asked for it"};
            if (opcode == ping)
                answer(payload);
            else
                on_frame(opcode, payload);
        };
        const std::string_view bytes{buffer.data(), size};
        if (rest_.empty()) {
            rest_ = bytes.substr(read_frames(bytes, handle));
        } else {
            rest_ += bytes;
            rest_.erase(0, read_frames(rest_, handle));
        }
    }

    /// Sends a Close frame. Data may no longer be on its way.
    void start_closing() const;
    /// Throws unless the server answers with a Close frame and then ends the connection, as RFC 6455 §7.1.1 wants it.
    void await_closed();

private:
    std::size_t read_some(std::span<char> buffer) const;
    void answer(std::string_view ping_payload) const;

    int socket_ = -1;
    Offer offer_ = Offer::nothing;
    std::string rest_;
};

}  // namespace load
