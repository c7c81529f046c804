#pragma once
// Agent status monitoring: asks the engine, and publishes what changed.

#include "guarded_engine.hpp"
#include "options.hpp"
#include "outlet.hpp"
#include "roster.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <cstdint>

namespace reference_server {

/// Topic `agents.<id>`: events `status`, while the engine does not answer with the last one known, "stale":true and "age_ms"; and `gone`
/// with {"id":…,"reason":"exited"|"unlisted"|"unknown"}, which is the last. Topic `system.engine`: events `engine_connected` and
/// `engine_disconnected`. Loop thread only.
class Monitor {
public:
    struct Status {
        std::size_t agents = 0;
        std::uint64_t polls = 0;
        std::uint64_t failed_polls = 0;
        std::uint64_t ignored_agents = 0;  ///< malformed entries in the engine's lists
    };

    Monitor(asio::io_context& io, GuardedEngine& engine, const EngineClient::Status& connection, const Outlet& outlet,
            const Options& options);

    /// Polls every `poll_interval`. Never ends by itself.
    asio::awaitable<void> run();

    const Status& status() const noexcept { return status_; }

private:
    asio::awaitable<void> poll();
    asio::awaitable<void> report_missing(const AgentStatus& agent);
    void report_engine();

    asio::io_context& io_;
    GuardedEngine& engine_;
    const EngineClient::Status& connection_;
    const Outlet& outlet_;
    kingbolt::Duration poll_interval_;
    Roster roster_;
    Status status_;
    bool engine_was_connected_ = false;
};

}  // namespace reference_server
