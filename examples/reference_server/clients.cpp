#include "clients.hpp"

#include "json_object.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/engine/describe.hpp>
#include <kingbolt/engine/diagnosis.hpp>

#include <spdlog/spdlog.h>

#include <sstream>
#include <string>

namespace reference_server {
namespace {

constexpr auto topic = "system.clients";

/// As the log writes it; clients know it by its session_name.
std::string log_name(kingbolt::SessionId session) {
    std::ostringstream text;
    text << session;
    return text.str();
}

}  // namespace

void Clients::operator()(const kingbolt::event::Opened& opened) {
    spdlog::info("{}", kingbolt::describe(opened));
    outlet_.publish(
        topic, "client_connected",
        JsonObject{}.add("session", kingbolt::session_name(opened.session)).add("remote", opened.remote).add("path", opened.path).take());
}

void Clients::operator()(const kingbolt::event::TurnedAway& away) { spdlog::debug("{} was turned away: {}", away.remote, away.reason); }

void Clients::operator()(const kingbolt::event::LimitExceeded& excess) {
    spdlog::info("{} has more {} than it may: {}", log_name(excess.session), to_string(excess.limit), to_string(excess.action));
}

void Clients::operator()(const kingbolt::event::MemoryPressure& pressure) {
    spdlog::warn("{} of {} bytes wait for clients: {}", pressure.bytes, pressure.budget, pressure.high ? "queues give way" : "over");
}

void Clients::operator()(const kingbolt::event::Closed& closed) {
    const bool http = closed.cause == kingbolt::Cause::http_request;
    spdlog::log(http ? spdlog::level::debug : spdlog::level::info, "{}", kingbolt::describe(closed));
    if (!closed.open_for) return;
    const kingbolt::Diagnosis diagnosis = kingbolt::diagnose(closed);
    const std::string data = JsonObject{}
                                 .add("session", kingbolt::session_name(closed.session))
                                 .add("remote", closed.remote)
                                 .add("cause", kingbolt::to_string(closed.cause))
                                 .add("ended_by", kingbolt::to_string(closed.ended_by))
                                 .add("code", static_cast<unsigned>(closed.code))
                                 .add("lived_ms", kingbolt::milliseconds(closed.lived))
                                 .add("verdict", to_string(diagnosis.verdict))
                                 .add("confidence", kingbolt::to_string(diagnosis.confidence))
                                 .add("summary", diagnosis.summary)
                                 .add("evidence", diagnosis.evidence)
                                 .add("cure", diagnosis.cure)
                                 .take();
    outlet_.publish(topic, "client_disconnected", data);
    disconnects_.add(data);
}

}  // namespace reference_server
