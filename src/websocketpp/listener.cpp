#include "listener.hpp"

#include <asio/ip/address.hpp>

#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

namespace kingbolt::transport::detail {
namespace {

// How long to wait when accept fails, which it does for want of file descriptors or memory. The connections that wait keep the
// listening socket readable all the while, so that without a pause the loop would spin.
constexpr std::chrono::milliseconds pause_after_failure{100};

// Connections taken in one turn of the loop before it is the others' turn.
constexpr int accepts_a_turn = 64;

asio::ip::address address_of(const WebsocketppOptions& options) {
    std::error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error)
        throw InvalidOption{"WebsocketppOptions.address", '"' + options.address + '"', "an IPv4 or IPv6 address in numbers",
                            "use 127.0.0.1 for this machine only, :: for all interfaces"};
    return address;
}

}  // namespace

std::string to_string(const asio::ip::tcp::endpoint& endpoint) {
    const std::string port = ':' + std::to_string(endpoint.port());
    const auto address = endpoint.address();
    if (address.is_v4()) return address.to_string() + port;
    const auto v6 = address.to_v6();
    if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string() + port;
    return '[' + v6.to_string() + ']' + port;
}

Listener::Listener(Loop& loop, const WebsocketppOptions& options) : loop_{loop}, acceptor_{loop.io()}, pause_{loop.io()} {
    const asio::ip::tcp::endpoint endpoint{address_of(options), options.port};
    std::error_code error;
    const auto step = [&](auto&& action) {
        if (!error) action();
    };
    step([&] { acceptor_.open(endpoint.protocol(), error); });
    step([&] { acceptor_.set_option(Acceptor::reuse_address{options.reuse_address}, error); });
    // Accepted sockets inherit it.
    if (options.send_buffer > 0)
        step([&] { acceptor_.set_option(Acceptor::send_buffer_size{static_cast<int>(options.send_buffer)}, error); });
    step([&] { acceptor_.bind(endpoint, error); });
    step([&] { acceptor_.listen(options.backlog, error); });
    step([&] { acceptor_.non_blocking(true, error); });
    step([&] { port_ = acceptor_.local_endpoint(error).port(); });
    if (error) throw std::system_error{error, "cannot listen on " + to_string(endpoint)};
}

void Listener::start(OnAccepted on_accepted) {
    on_accepted_ = std::move(on_accepted);
    wait();
}

void Listener::close() {
    std::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
}

void Listener::wait() {
    acceptor_.async_wait(Acceptor::wait_read, InPlace{wait_slot_, [self = shared_from_this()](const std::error_code& error) {
                                                          if (!self->acceptor_.is_open()) return;
                                                          self->loop_.entered();
                                                          error ? self->pause() : self->accept_waiting();
                                                      }});
}

void Listener::pause() {
    pause_.expires_after(pause_after_failure);
    pause_.async_wait(InPlace{pause_slot_, [self = shared_from_this()](const std::error_code&) {
                                  if (!self->acceptor_.is_open()) return;
                                  self->loop_.entered();
                                  self->accept_waiting();
                              }});
}

void Listener::accept_waiting() {
    for (int i = 0; i < accepts_a_turn; ++i) {
        std::error_code error;
        try {
            error = accept_one();
        } catch (const std::exception&) {
            error = std::make_error_code(std::errc::not_enough_memory);
        }
        if (!acceptor_.is_open()) return;
        if (error == asio::error::would_block || error == asio::error::try_again) break;
        if (error) return pause();
    }
    wait();
}

std::error_code Listener::accept_one() {
    std::error_code error;
    asio::ip::tcp::endpoint remote;
    Socket socket = acceptor_.accept(remote, error);
    if (!error) on_accepted_(std::move(socket), remote);
    return error;
}

}  // namespace kingbolt::transport::detail
