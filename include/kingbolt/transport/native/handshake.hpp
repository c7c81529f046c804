#pragma once
// native::Connection: how it becomes a WebSocket. Included by transport/native.hpp.

#include <kingbolt/engine/http_response.hpp>
#include <kingbolt/transport/native/server.hpp>

#include <string>

namespace kingbolt::transport::native {

template <Compression C, SecureChannel S>
void Connection<C, S>::answer_upgrade(const UpgradeResponse& response) {
    if (!waits_for_hub() || aside_->answer) return;
    aside_->answer = response;
    server_.call_soon(*this);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::open(detail::PendingUpgrade& upgrade, const UpgradeResponse& response) {
    std::string behind = std::move(upgrade.behind);
    const auto extensions = server_.compression().accept(compression_, upgrade.extensions);
    stage_ = Stage::open;
    send_own(engine::accepting(upgrade.request, response, extensions.value_or(std::string{})));
    aside().handshake.reset();
    tidy();
    server_.events()->on_opened(id_);
    // What came with the request is read even when the session has been closed as it opened: its Close may be among it.
    if (!behind.empty()) take(behind);
}

}  // namespace kingbolt::transport::native
