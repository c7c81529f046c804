#include "connections.hpp"

#include "json_object.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/core/identity.hpp>

#include <chrono>

namespace reference_server {

void Connections::add(const kingbolt::Session& session, const kingbolt::SessionStats& stats) {
    if (++total_ > most_listed) return;
    JsonObject json;
    json.add("session", kingbolt::session_name(session.id()));
    if (const auto* identity = session.identity(); identity != nullptr && !identity->subject.empty())
        json.add("subject", identity->subject);
    json.add("remote", session.remote()).add("path", session.path()).add("age_ms", kingbolt::milliseconds(stats.open_for));
    // Most are shorter than a millisecond.
    if (stats.last_rtt) json.add("rtt_ms", std::chrono::duration<double, std::milli>{*stats.last_rtt}.count());
    if (stats.write_stalled_for) json.add("stalled_ms", kingbolt::milliseconds(*stats.write_stalled_for));
    listed_.push_back(json.add("missed_pongs", stats.missed_pongs)
                          .add("queued_messages", stats.queued_messages)
                          .add("queued_bytes", stats.queued_bytes)
                          .add("messages_in", stats.messages_in)
                          .add("messages_out", stats.messages_out)
                          .add("messages_dropped", stats.messages_dropped)
                          .take());
}

std::string Connections::json() const { return JsonObject{}.add("total", total_).add_json("connections", json_array(listed_)).take(); }

}  // namespace reference_server
