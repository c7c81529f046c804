#pragma once
// Connects and disconnects as log lines: `key=value`, one line each whatever a client chose for its path or its close reason.
// The time stamp is the logger's.

#include <kingbolt/core/event.hpp>
#include <kingbolt/engine/diagnosis.hpp>
#include <kingbolt/engine/text.hpp>

#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace kingbolt {

/// `connected #3.1 127.0.0.1:5123 path="/events" subprotocol="chat"`
inline std::string describe(const event::Opened& opened) {
    std::ostringstream line;
    line << "connected " << opened.session << ' ' << engine::token(opened.remote) << " path=" << engine::in_quotes(opened.path);
    if (!opened.subprotocol.empty()) line << " subprotocol=" << engine::in_quotes(opened.subprotocol);
    return line.str();
}

/// `disconnected #3.1 127.0.0.1:5123 after 12.3 s cause=pong_timeout by=server phase=open code=4002 … verdict=half_open_peer (certain)`.
/// What is not known, or zero and thereby uninteresting, is left out.
inline std::string describe(const event::Closed& closed) {
    using engine::duration_text;
    using engine::in_quotes;
    std::ostringstream line;
    const auto since = [&line](std::string_view name, const std::optional<Duration>& d) {
        if (d) line << ' ' << name << "=\"" << duration_text(*d) << '"';
    };
    const auto count = [&line](std::string_view name, auto n) {
        if (n != 0) line << ' ' << name << '=' << n;
    };
    line << "disconnected " << closed.session << ' ' << engine::token(closed.remote) << " after " << duration_text(closed.lived)
         << " cause=" << to_string(closed.cause) << " by=" << to_string(closed.ended_by) << " phase=" << to_string(closed.phase)
         << " code=" << static_cast<unsigned>(closed.code);
    if (!closed.reason.empty()) line << " reason=" << in_quotes(closed.reason);
    if (closed.forced) line << " forced=yes";
    if (closed.error) line << " error=" << in_quotes(closed.error.message());
    if (!closed.detail.empty()) line << " detail=" << in_quotes(closed.detail);
    if (!closed.path.empty()) line << " path=" << in_quotes(closed.path);
    since("open_for", closed.open_for);
    since("last_byte_in", closed.since_last_byte_in);
    since("last_byte_out", closed.since_last_byte_out);
    since("last_pong", closed.since_last_pong);
    since("rtt", closed.last_rtt);
    count("pings", closed.pings_sent);
    count("missed_pongs", closed.missed_pongs);
    line << " bytes=" << closed.bytes_in << '/' << closed.bytes_out << " messages=" << closed.messages_in << '/' << closed.messages_out;
    count("dropped", closed.messages_dropped);
    count("queued_bytes", closed.queued_bytes);
    since("write_stalled", closed.write_stalled_for);
    // Without retransmissions what is unacknowledged is only on its way.
    if (closed.tcp && closed.tcp->retransmits > 0)
        line << " unacknowledged=" << closed.tcp->unacknowledged << " retransmits=" << closed.tcp->retransmits;
    if (closed.loop_lag >= engine::harmful_lag) since("loop_lag", closed.loop_lag);
    const Diagnosis diagnosis = diagnose(closed);
    line << " verdict=" << to_string(diagnosis.verdict) << " (" << to_string(diagnosis.confidence) << ')';
    return line.str();
}

}  // namespace kingbolt
