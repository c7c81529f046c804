#pragma once
// The last word on a session: what the hub had decided, what the transport saw, and what the session remembers.

#include <kingbolt/core/event.hpp>
#include <kingbolt/core/wire.hpp>
#include <kingbolt/engine/close_plan.hpp>
#include <kingbolt/engine/session_record.hpp>

#include <string>

namespace kingbolt::engine {

/// The hub's decision, where there was one, is the cause; what the wire said explains the rest.
template <class Record>
event::Closed report_end(const Record& session, const WireClosed& how, TimePoint now, Duration loop_lag) {
    const ClosePlan* const decided = session.decided.get();
    event::Closed closed;
    closed.session = session.id();
    closed.remote = session.remote();
    closed.path = session.path();
    closed.subprotocol = session.subprotocol();
    closed.offered_subprotocols = session.offered_subprotocols;
    closed.cause = decided != nullptr ? decided->cause : how.cause;
    closed.ended_by = ended_by(closed.cause);
    closed.phase = session.phase();
    if (decided != nullptr) {
        closed.code = decided->code;
        closed.reason = decided->reason;
    } else {
        closed.code = closed.cause == Cause::client_close ? how.peer_code : close_code_for(closed.cause);
        closed.reason = how.peer_reason;
    }
    closed.forced = session.forced;
    closed.error = how.error;
    closed.detail = decided != nullptr && !decided->detail.empty() ? decided->detail : how.detail;
    closed.tcp = decided != nullptr && decided->tcp ? decided->tcp : how.tcp;
    closed.loop_lag = loop_lag;
    session.vitals.explain(closed, now);
    closed.queued_bytes = session.queue.bytes();
    closed.queued_messages = session.queue.messages();
    return closed;
}

}  // namespace kingbolt::engine
