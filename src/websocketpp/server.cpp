#include "server.hpp"

#include <kingbolt/tls/server_context.hpp>

#include "session.hpp"

#include <utility>

namespace kingbolt::transport::detail {
namespace {

template <class Value>
void require(Value value, Value lowest, Value highest, const char* option, const char* range, const char* cure) {
    if (value < lowest || value > highest)
        throw InvalidOption{std::string{"WebsocketppOptions."} + option, std::to_string(value), range, cure};
}

const WebsocketppOptions& checked(const WebsocketppOptions& options) {
    require<std::size_t>(options.max_message, 1, 1_GiB, "max_message", "1 byte to 1 GiB",
                         "give the largest message that a client may send");
    require(options.backlog, 1, 65535, "backlog", "1 to 65535", "1024 suits most servers");
    if (options.send_buffer != 0)
        require<std::size_t>(options.send_buffer, 4_KiB, 64_MiB, "send_buffer", "0, or 4 KiB to 64 MiB", "0 leaves it to the kernel");
    return options;
}

std::shared_ptr<SSL_CTX> make_tls(const std::optional<TlsOptions>& options) {
    return options ? tls::make_server_context(*options) : nullptr;
}

}  // namespace

Server::Server(asio::io_context& io, const WebsocketppOptions& options)
    : Loop{io},
      tls_options_{checked(options).tls},
      tls_{make_tls(tls_options_)},
      max_message_{options.max_message},
      listener_{
          std::make_shared<Listener>(io, ListenOptions{.endpoint = ip_endpoint("WebsocketppOptions.address", options.address, options.port),
                                                       .backlog = options.backlog,
                                                       .reuse_address = options.reuse_address,
                                                       .send_buffer = options.send_buffer,
                                                       .plain = !options.tls})} {}

void Server::start(Events& events) {
    attach(events);
    listener_->start([this](Descriptor accepted, const Endpoint& remote) {
        entered();
        Socket socket{io(), remote.family() == AF_INET ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), accepted.get()};
        accepted.release();
        Session::accept(std::static_pointer_cast<Server>(shared_from_this()), std::move(socket), to_string(remote));
    });
}

void Server::reload() { tls_ = make_tls(tls_options_); }

void Server::stop() {
    listener_->close();
    detach();
}

}  // namespace kingbolt::transport::detail
