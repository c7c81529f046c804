#pragma once
// Events as one line each, for the output of a failed test.

#include <kingbolt/core/event.hpp>
#include <kingbolt/engine/text.hpp>

#include <sstream>
#include <string>
#include <string_view>

namespace kingbolt::testing {

namespace detail {

// `PingSent #0.1 sequence=3`; the name, then whose it is, then pairs of a label and a value.
template <class... Pairs>
std::string line(std::string_view name, const Pairs&... pairs) {
    std::ostringstream out;
    out << name;
    ((out << pairs), ...);
    return out.str();
}
inline std::string in_quotes(std::string_view text) { return engine::in_quotes(text); }

}  // namespace detail

inline std::string text_of(const event::Accepted& e) { return detail::line("Accepted ", e.session); }
inline std::string text_of(const event::Opened& e) { return detail::line("Opened ", e.session); }
inline std::string text_of(const event::Rejected& e) {
    return detail::line("Rejected ", e.session, " status=", e.status, " cause=", to_string(e.cause));
}
inline std::string text_of(const event::TurnedAway& e) {
    return detail::line("TurnedAway status=", e.status, " reason=", detail::in_quotes(e.reason));
}
inline std::string text_of(const event::Authenticated& e) {
    return detail::line("Authenticated ", e.session, " subject=", detail::in_quotes(e.subject), e.again ? " again" : "");
}
inline std::string text_of(const event::AuthenticationFailed& e) {
    return detail::line("AuthenticationFailed ", e.session, " why=", to_string(e.why), e.again ? " again" : "");
}
inline std::string text_of(const event::LimitExceeded& e) {
    return detail::line("LimitExceeded ", e.session, " limit=", to_string(e.limit), " action=", to_string(e.action));
}
inline std::string text_of(const event::MemoryPressure& e) {
    return detail::line("MemoryPressure bytes=", e.bytes, e.high ? " high" : " low");
}
inline std::string text_of(const event::MessageReceived& e) {
    return detail::line("MessageReceived ", e.session, e.opcode == Opcode::text ? " text" : " binary", " bytes=", e.bytes);
}
inline std::string text_of(const event::PingSent& e) { return detail::line("PingSent ", e.session, " sequence=", e.sequence); }
inline std::string text_of(const event::PingReceived& e) { return detail::line("PingReceived ", e.session, " bytes=", e.bytes); }
inline std::string text_of(const event::PongReceived& e) {
    return detail::line("PongReceived ", e.session, e.rtt ? " rtt=" + engine::duration_text(*e.rtt) : std::string{});
}
inline std::string text_of(const event::PongMissed& e) {
    return detail::line("PongMissed ", e.session, " in_a_row=", e.in_a_row, e.write_stalled ? " write_stalled" : "");
}
inline std::string text_of(const event::Ticked& e) {
    return detail::line("Ticked lag=", engine::duration_text(e.lag), " bytes=", e.queued_bytes, " messages=", e.queued_messages);
}
inline std::string text_of(const event::TurnWritten& e) { return detail::line("TurnWritten took=", engine::duration_text(e.took)); }
inline std::string text_of(const event::LoopStalled& e) { return detail::line("LoopStalled lag=", engine::duration_text(e.lag)); }
inline std::string text_of(const event::Subscribed& e) {
    return detail::line("Subscribed ", e.session, " topic=", detail::in_quotes(e.topic));
}
inline std::string text_of(const event::Unsubscribed& e) {
    return detail::line("Unsubscribed ", e.session, " topic=", detail::in_quotes(e.topic));
}
inline std::string text_of(const event::QueueHigh& e) {
    return detail::line("QueueHigh ", e.session, " bytes=", e.bytes, " messages=", e.messages);
}
inline std::string text_of(const event::Dropped& e) {
    return detail::line("Dropped ", e.session, " topic=", detail::in_quotes(e.topic), " sequence=", e.sequence,
                        e.conflated ? " conflated" : "");
}
inline std::string text_of(const event::HandlerFailed& e) {
    return detail::line("HandlerFailed ", e.session, " what=", detail::in_quotes(e.what));
}
inline std::string text_of(const event::Draining& e) { return detail::line("Draining sessions=", e.sessions); }
inline std::string text_of(const event::Drained& e) { return detail::line("Drained forced=", e.forced); }
inline std::string text_of(const event::Closing& e) { return detail::line("Closing ", e.session, " cause=", to_string(e.cause)); }
inline std::string text_of(const event::Closed& e) {
    return detail::line("Closed ", e.session, " cause=", to_string(e.cause),
                        e.detail.empty() ? std::string{} : " detail=" + detail::in_quotes(e.detail));
}

}  // namespace kingbolt::testing
