#include "http.hpp"

#include "json_object.hpp"

#include <deque>
#include <string>
#include <vector>

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

std::string to_json(const EngineClient::Status& engine, const Monitor::Status& monitor) {
    return JsonObject{}
        .add("connected", engine.connected)
        .add("connections", engine.connections)
        .add("calls", engine.calls)
        .add("failed_calls", engine.failed_calls)
        .add("last_problem", engine.last_problem)
        .add("polls", monitor.polls)
        .add("failed_polls", monitor.failed_polls)
        .add("agents", monitor.agents)
        .add("ignored_agents", monitor.ignored_agents)
        .take();
}

std::string to_json(const std::vector<kingbolt::BreakerStats>& breakers) {
    std::string list = "[";
    for (const auto& breaker : breakers) {
        JsonObject json;
        json.add("name", breaker.name)
            .add("state", to_string(breaker.state))
            .add("generation", breaker.generation)
            .add("consecutive_failures", breaker.consecutive_failures)
            .add("failures", breaker.counts.failures)
            .add("ignored", breaker.counts.ignored)
            .add("rejected", breaker.counts.rejected)
            .add("late_results", breaker.counts.late_results)
            .add("cached", breaker.cached);
        if (breaker.state == kingbolt::BreakerState::open) json.add("retry_after_ms", kingbolt::milliseconds(breaker.retry_after));
        list += (list.size() > 1 ? "," : "") + json.take();
    }
    return list + "]";
}

std::string to_json(const std::deque<std::string>& frames) {
    std::string list = "[";
    for (const auto& frame : frames) list += (list.size() > 1 ? "," : "") + frame;
    return list + "]";
}

kingbolt::HttpResponse json_response(unsigned status, JsonObject& body) {
    return {.status = status, .body = body.take() + "\n", .content_type = "application/json", .headers = {{"Cache-Control", "no-store"}}};
}

kingbolt::HttpResponse json_error(unsigned status, const char* message) {
    return json_response(status, JsonObject{}.add("error", message));
}

}  // namespace

kingbolt::HttpResponse answer(const kingbolt::HttpRequest& request, const kingbolt::HubStats& hub, const EngineClient::Status& engine,
                              const Monitor::Status& monitor, const GuardedEngine& guarded, kingbolt::Duration uptime) {
    const bool healthz = request.path() == "/healthz";
    if (!healthz && request.path() != "/stats") return json_error(404, "there are /healthz and /stats");
    if (request.method != "GET") {
        auto response = json_error(405, "only GET");
        response.headers.emplace_back("Allow", "GET");
        return response;
    }
    if (healthz) return json_response(hub.draining ? 503 : 200, JsonObject{}.add("status", hub.draining ? "draining" : "ok"));
    return json_response(200, JsonObject{}
                                  .add("uptime_ms", kingbolt::milliseconds(uptime))
                                  .add_json("hub", to_json(hub))
                                  .add_json("engine", to_json(engine, monitor))
                                  .add_json("breakers", to_json(guarded.stats()))
                                  .add_json("breaker_events", to_json(guarded.announcer().latest())));
}

}  // namespace reference_server
