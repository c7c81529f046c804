#pragma once
// The listening socket: accepts for as long as there are file descriptors, and keeps calm while there are none.

#include <kingbolt/transport/websocketpp.hpp>

#include "loop.hpp"
#include "net.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace kingbolt::transport::detail {

/// `address:port`, IPv6 in brackets; an IPv4 address that arrived through an IPv6 socket is written as the IPv4 address it is.
std::string to_string(const asio::ip::tcp::endpoint& endpoint);

class Listener : public std::enable_shared_from_this<Listener> {
public:
    using OnAccepted = std::function<void(Socket socket, const asio::ip::tcp::endpoint& remote)>;

    /// Binds and listens; connections wait in the kernel until `start`. Throws std::system_error.
    Listener(Loop& loop, const WebsocketppOptions& options);

    std::uint16_t port() const noexcept { return port_; }
    void start(OnAccepted on_accepted);
    void close();

private:
    void wait();
    void pause();
    void accept_waiting();
    std::error_code accept_one();

    Loop& loop_;
    Acceptor acceptor_;
    Timer pause_;
    Slot wait_slot_, pause_slot_;
    OnAccepted on_accepted_;
    std::uint16_t port_ = 0;
};

}  // namespace kingbolt::transport::detail
