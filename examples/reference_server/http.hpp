#pragma once
// The plain HTTP side: GET /healthz for load balancers, GET /stats for people. What scrapers get is in metrics.hpp.

#include "engine_client.hpp"
#include "figures.hpp"
#include "guarded_engine.hpp"
#include "monitor.hpp"

#include <kingbolt/core/http.hpp>

namespace reference_server {

/// `GET /healthz`: 200 {"status":"ok"}, while draining 503 {"status":"draining"}. `GET /stats`: 200. Another method there: 405.
/// Another path: 404.
kingbolt::HttpResponse answer(const kingbolt::HttpRequest& request, const Figures& figures, const EngineClient::Status& engine,
                              const Monitor::Status& monitor, const GuardedEngine& guarded);

}  // namespace reference_server
