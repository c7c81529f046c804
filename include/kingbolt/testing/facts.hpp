#pragma once
// An event without its circumstances: what is left is what a test can write down beforehand. All else keeps its default, so
// that `Closed{peer, Cause::pong_timeout}` equals the fact of that end.

#include <kingbolt/core/event.hpp>

namespace kingbolt::testing {

inline event::Accepted fact(const event::Accepted& e) { return {.session = e.session}; }
inline event::Opened fact(const event::Opened& e) { return {.session = e.session}; }
inline event::Rejected fact(const event::Rejected& e) { return {.session = e.session, .status = e.status, .cause = e.cause}; }
inline event::TurnedAway fact(const event::TurnedAway& e) { return {.status = e.status, .reason = e.reason}; }
inline event::Authenticated fact(const event::Authenticated& e) { return {.session = e.session, .subject = e.subject, .again = e.again}; }
inline event::AuthenticationFailed fact(const event::AuthenticationFailed& e) {
    return {.session = e.session, .why = e.why, .again = e.again};
}
inline event::LimitExceeded fact(const event::LimitExceeded& e) { return {.session = e.session, .limit = e.limit, .action = e.action}; }
inline event::MemoryPressure fact(const event::MemoryPressure& e) { return {.high = e.high}; }
inline event::MessageReceived fact(const event::MessageReceived& e) { return {.session = e.session, .opcode = e.opcode, .bytes = e.bytes}; }
inline event::PingSent fact(const event::PingSent& e) { return {.session = e.session, .sequence = e.sequence}; }
inline event::PingReceived fact(const event::PingReceived& e) { return {.session = e.session, .bytes = e.bytes}; }
inline event::PongReceived fact(const event::PongReceived& e) { return {.session = e.session}; }
inline event::PongMissed fact(const event::PongMissed& e) {
    return {.session = e.session, .in_a_row = e.in_a_row, .write_stalled = e.write_stalled};
}
inline event::Ticked fact(const event::Ticked&) { return {}; }
inline event::TurnWritten fact(const event::TurnWritten&) { return {}; }
inline event::LoopStalled fact(const event::LoopStalled&) { return {}; }
inline event::Subscribed fact(const event::Subscribed& e) { return {.session = e.session, .topic = e.topic}; }
inline event::Unsubscribed fact(const event::Unsubscribed& e) { return {.session = e.session, .topic = e.topic}; }
inline event::QueueHigh fact(const event::QueueHigh& e) { return {.session = e.session}; }
inline event::Dropped fact(const event::Dropped& e) {
    return {.session = e.session, .topic = e.topic, .sequence = e.sequence, .conflated = e.conflated};
}
inline event::HandlerFailed fact(const event::HandlerFailed& e) { return {.session = e.session, .what = e.what}; }
inline event::Draining fact(const event::Draining& e) { return {.sessions = e.sessions}; }
inline event::Drained fact(const event::Drained& e) { return {.forced = e.forced}; }
inline event::Closing fact(const event::Closing& e) { return {.session = e.session, .cause = e.cause}; }
inline event::Closed fact(const event::Closed& e) { return {.session = e.session, .cause = e.cause}; }

}  // namespace kingbolt::testing
