#include "monitor.hpp"

#include "json_object.hpp"

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace reference_server {
namespace {

std::string topic_of(const AgentStatus& agent) { return "agents." + agent.id; }
std::uint64_t key_of(const AgentStatus& agent) { return std::hash<std::string>{}(agent.id) | 1U; }

}  // namespace

Monitor::Monitor(asio::io_context& io, GuardedEngine& engine, const EngineClient::Status& connection, const Outlet& outlet,
                 const Options& options)
    : io_{io},
      engine_{engine},
      connection_{connection},
      outlet_{outlet},
      poll_interval_{options.poll_interval},
      roster_{options.refresh_interval} {}

asio::awaitable<void> Monitor::run() {
    asio::steady_timer next{io_, std::chrono::steady_clock::now()};
    for (;;) {
        co_await poll();
        // A poll that took longer than the interval is followed by the next one at once, and those in between are left out.
        next.expires_at(std::max(next.expiry() + poll_interval_, std::chrono::steady_clock::now()));
        asio::error_code ignored;
        co_await next.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<void> Monitor::poll() {
    const kingbolt::Reply<SharedList> reply = co_await engine_.list();
    ++status_.polls;
    report_engine();
    if (!reply || reply.stale()) {
        ++status_.failed_polls;  // what was known stays as it is: nobody is gone because the engine is
        if (!reply) co_return;
        for (const AgentStatus& agent : (*reply)->agents)
            outlet_.publish(topic_of(agent), "status", to_json(agent, reply.age()), key_of(agent));
        roster_.expire();
        co_return;
    }
    status_.ignored_agents += (*reply)->ignored;
    const Roster::Update update = roster_.update((*reply)->agents, std::chrono::steady_clock::now());
    status_.agents = roster_.size();
    for (const AgentStatus& agent : update.due) outlet_.publish(topic_of(agent), "status", to_json(agent), key_of(agent));
    for (const AgentStatus& agent : update.missing) co_await report_missing(agent);
}

asio::awaitable<void> Monitor::report_missing(const AgentStatus& agent) {
    // The list is a selection: an agent that left it may still be there.
    const auto reply = co_await engine_.status(agent.id);
    const bool exited = EngineError::code_of(reply.exception()) == EngineError::no_such_agent;
    const auto* reason = exited ? "exited" : reply && !reply.stale() ? "unlisted" : "unknown";
    outlet_.publish(topic_of(agent), "gone", JsonObject{}.add("id", agent.id).add("reason", reason).take(), key_of(agent));
    outlet_.forget(topic_of(agent));
}

void Monitor::report_engine() {
    const auto& engine = connection_;
    if (std::exchange(engine_was_connected_, engine.connected) == engine.connected) return;
    outlet_.publish("system.engine", engine.connected ? "engine_connected" : "engine_disconnected",
                    JsonObject{}.add("problem", engine.last_problem).take());
}

}  // namespace reference_server
