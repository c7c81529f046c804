#pragma once
// One listening port: its loop, its listener, and what its connections share.

#include <kingbolt/transport/detail/listener.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include "loop.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace kingbolt::transport::detail {

class Server final : public Loop {
public:
    /// Throws InvalidOption and std::system_error.
    Server(asio::io_context& io, const WebsocketppOptions& options);

    std::uint16_t port() const noexcept { return listener_->port(); }
    void start(Events& events);
    void stop_accepting() { listener_->close(); }
    void stop();
    /// Throws as the constructor does, and then nothing has changed.
    void reload();

    std::size_t max_message() const noexcept { return max_message_; }
    /// Null for a plain port.
    SSL_CTX* tls() const noexcept { return tls_.get(); }

private:
    std::optional<TlsOptions> tls_options_;
    std::shared_ptr<SSL_CTX> tls_;
    std::size_t max_message_;
    std::shared_ptr<Listener> listener_;
};

}  // namespace kingbolt::transport::detail
