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

/// How a client comes.
struct Approach {
    std::uint16_t port = 0;
    std::string path = "/";
    Offer offer = Offer::nothing;
    std::string from = "127.0.0.1";
    std::string to = "127.0.0.1";
    std::string headers{};  ///< more of them, each with its CRLF
};

/// The `source`-th address of this machine's own network: each has ports of its own.
std::string loopback(unsigned source);

/// The request for an upgrade; `headers` as in Approach.
std::string upgrade_request(std::string_view path, std::string_view headers);

class Client {
public:
    /// Connects and asks for the upgrade, blocking; throws when that fails or takes longer than 10 s.
    explicit Client(const Approach& approach);
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
