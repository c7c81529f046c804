// How a session becomes a WebSocket. The request is read by kingbolt's own parser, for websocketpp's lets things pass that another
// server on the way would understand differently; websocketpp is then shown the plainest request that there is.

#include "engine.hpp"
#include "session.hpp"

#include <kingbolt/engine/http_response.hpp>

#include <string>
#include <string_view>

namespace kingbolt::transport::detail {

void Session::take_request(std::string_view bytes) {
    handshake_->take(*this, bytes);
    if (!handshake_ || is_closed()) return;
    handshake_->waits_for_hub() ? watch_for_end() : read_into(buffer_, buffer_size_);
}

void Session::answer_upgrade(const UpgradeResponse& response) {
    if (handshake_ && !is_closed()) guarded([&] { handshake_->answer(*this, response); });
}

void Session::open(PendingUpgrade& upgrade, const UpgradeResponse& response) {
    const std::string request =
        "GET / HTTP/1.1\r\nHost: kingbolt\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: " +
        std::string{upgrade.request.header("Sec-WebSocket-Key")} + "\r\n\r\n";
    accepting_ = engine::accepting(upgrade.request, response);
    put_back(std::move(upgrade.behind));
    handshake_.reset();
    on_read_again(request.copy(buffer_, buffer_size_));
}

void Session::on_open() {
    stage_ = Stage::open;
    hold(0);
    // The handshake's headers would stay for as long as the connection does. The objects are ours; only the way to them is const.
    const_cast<EngineConfig::request_type&>(engine_of(*this).get_request()) = {};
    const_cast<EngineConfig::response_type&>(engine_of(*this).get_response()) = {};
    if (auto* const hub = events()) hub->on_opened(id_);
}

}  // namespace kingbolt::transport::detail
