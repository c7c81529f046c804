#pragma once
// How the server itself is doing.

#include "json_object.hpp"
#include "outlet.hpp"

#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/stats.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace reference_server {

/// Topic `system.server`: event `figures` every second. Loop thread only.
class Figures {
public:
    static constexpr auto topic = "system.server";

    Figures(asio::io_context& io, const Outlet& outlet, std::function<kingbolt::HubStats()> hub)
        : io_{io}, outlet_{outlet}, hub_{std::move(hub)} {}

    /// Never ends by itself.
    asio::awaitable<void> run();

    kingbolt::HubStats hub() const { return hub_(); }
    /// Adds `uptime_ms`, `rss_bytes` and `hub`.
    JsonObject& add_to(JsonObject& json) const;

private:
    asio::io_context& io_;
    const Outlet& outlet_;
    std::function<kingbolt::HubStats()> hub_;
    kingbolt::TimePoint started_ = std::chrono::steady_clock::now();
};

}  // namespace reference_server
