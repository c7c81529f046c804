#include "http.hpp"

#include "json_object.hpp"

#include <deque>
#include <string>

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

std::string to_json(const std::deque<std::string>& changes) {
    std::string list = "[";
    for (const auto& change : changes) list += (list.size() > 1 ? "," : "") + change;
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
    if (!healthz && request.path() != "/stats") return json_error(404, "there are /healthz, /stats and /metrics");
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
                                  .add_json("breakers", guarded.stats())
                                  .add_json("breaker_events", to_json(guarded.announcer().latest())));
}

}  // namespace reference_server
