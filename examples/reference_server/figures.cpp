#include "figures.hpp"

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>

#include <unistd.h>

namespace reference_server {
namespace {

std::string to_json(const kingbolt::HubStats& hub) {
    return JsonObject{}
        .add("sessions", hub.sessions)
        .add("open_sessions", hub.open_sessions)
        .add("accepted", hub.accepted)
        .add("opened", hub.opened)
        .add("rejected", hub.rejected)
        .add("turned_away", hub.turned_away)
        .add("closed", hub.closed)
        .add("subscriptions", hub.subscriptions)
        .add("topics", hub.topics)
        .add("published", hub.published)
        .add("messages_in", hub.messages_in)
        .add("messages_out", hub.messages_out)
        .add("messages_dropped", hub.messages_dropped)
        .add("bytes_in", hub.bytes_in)
        .add("bytes_out", hub.bytes_out)
        .add("pings_sent", hub.pings_sent)
        .add("pongs_missed", hub.pongs_missed)
        .add("handler_errors", hub.handler_errors)
        .add("limits_exceeded", hub.limits_exceeded)
        .add("queued_bytes", hub.queued_bytes)
        .add("held_bytes", hub.held_bytes)
        .add("loop_lag_ms", kingbolt::milliseconds(hub.loop_lag))
        .add("draining", hub.draining)
        .take();
}

/// The memory of this process that is in RAM; 0 where Linux does not say.
std::uint64_t resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};  // proc(5): in pages; the second figure is what is resident
    std::uint64_t size = 0, resident = 0;
    statm >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

JsonObject& Figures::add_to(JsonObject& json) const {
    return json.add("uptime_ms", kingbolt::milliseconds(std::chrono::steady_clock::now() - started_))
        .add("rss_bytes", resident_bytes())
        .add_json("hub", to_json(hub_()));
}

asio::awaitable<void> Figures::run() {
    asio::steady_timer next{io_, std::chrono::steady_clock::now()};
    for (;;) {
        JsonObject json;
        outlet_.publish(topic, "figures", add_to(json).take());
        next.expires_at(std::max(next.expiry() + std::chrono::seconds{1}, std::chrono::steady_clock::now()));
        asio::error_code ignored;
        co_await next.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace reference_server
