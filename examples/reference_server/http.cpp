#include "http.hpp"

#include "json_object.hpp"

#include <string>

namespace reference_server {
namespace {

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

kingbolt::HttpResponse json_response(unsigned status, JsonObject& body) {
    return {.status = status, .body = body.take() + "\n", .content_type = "application/json", .headers = {{"Cache-Control", "no-store"}}};
}

kingbolt::HttpResponse json_error(unsigned status, const char* message) {
    return json_response(status, JsonObject{}.add("error", message));
}

}  // namespace

kingbolt::HttpResponse answer(const kingbolt::HttpRequest& request, const Figures& figures, const EngineClient::Status& engine,
                              const Monitor::Status& monitor, const GuardedEngine& guarded) {
    const bool healthz = request.path() == "/healthz";
    if (!healthz && request.path() != "/stats") return json_error(404, "there are /healthz, /stats and /metrics");
    if (request.method != "GET") {
        auto response = json_error(405, "only GET");
        response.headers.emplace_back("Allow", "GET");
        return response;
    }
    if (healthz) {
        const bool draining = figures.hub().draining;
        return json_response(draining ? 503 : 200, JsonObject{}.add("status", draining ? "draining" : "ok"));
    }
    JsonObject stats;
    figures.add_to(stats)
        .add_json("engine", to_json(engine, monitor))
        .add_json("breakers", guarded.stats())
        .add_json("breaker_events", guarded.announcer().changes().json());
    return json_response(200, stats);
}

}  // namespace reference_server
