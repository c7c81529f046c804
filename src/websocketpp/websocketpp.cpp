#include <kingbolt/transport/websocketpp.hpp>

#include "server.hpp"

#include <utility>

namespace kingbolt::transport {

Websocketpp::Websocketpp(asio::io_context& io, const WebsocketppOptions& options)
    : server_{std::make_shared<detail::Server>(io, options)} {}
Websocketpp::~Websocketpp() { server_->stop(); }

std::uint16_t Websocketpp::port() const noexcept { return server_->port(); }
void Websocketpp::attach(TransportEvents<Connection>& events) { server_->start(events); }
void Websocketpp::detach() { server_->stop(); }
void Websocketpp::post(std::function<void()> task) { server_->post(std::move(task)); }
bool Websocketpp::in_loop() const { return server_->in_loop(); }
void Websocketpp::end_turn_soon() { server_->end_turn_soon(); }
void Websocketpp::tick_every(Duration period) { server_->tick_every(period); }
void Websocketpp::stop_accepting() { server_->stop_accepting(); }
std::size_t Websocketpp::held_bytes() const noexcept { return server_->held_bytes(); }
void Websocketpp::reload() { server_->reload(); }

}  // namespace kingbolt::transport
