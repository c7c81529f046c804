#pragma once
// Ends of sessions for the tests of the diagnosis: the ordinary ones, to be changed in the one point that a test is about.

#include <kingbolt/engine/diagnosis.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::test {

namespace kb = kingbolt;
using namespace std::chrono_literals;
using kb::Cause;
using kb::Confidence;
using kb::Verdict;

/// A session that had been open for a minute, talking and answering pings, when `cause` ended it.
inline kb::event::Closed after_a_minute(Cause cause) {
    kb::event::Closed c;
    c.cause = cause;
    c.phase = kb::Phase::open;
    c.code = kb::close_code_for(cause);
    c.lived = 63s + 500ms;
    c.open_for = 63s + 400ms;
    c.since_last_byte_in = 700ms;
    c.since_last_byte_out = 800ms;
    c.since_last_message_in = 700ms;
    c.since_last_message_out = 800ms;
    c.since_last_pong = 3s;
    c.last_rtt = 20ms;
    c.pings_sent = 2;
    c.messages_in = 12;
    c.messages_out = 30;
    c.bytes_in = 900;
    c.bytes_out = 4000;
    return c;
}

/// A session that ended half a millisecond after its 101, without having said anything.
inline kb::event::Closed at_once(Cause cause) {
    kb::event::Closed c;
    c.cause = cause;
    c.phase = kb::Phase::open;
    c.lived = 1ms;
    c.open_for = 500us;
    c.since_last_byte_in = 600us;
    c.bytes_in = 180;
    return c;
}

inline kb::event::Closed in_handshake(Cause cause) {
    kb::event::Closed c;
    c.cause = cause;
    c.phase = kb::Phase::handshake;
    c.lived = 3s;
    return c;
}

inline kb::event::Closed closed_by_client(unsigned code, std::string reason = {}) {
    auto c = after_a_minute(Cause::client_close);
    c.code = static_cast<kb::CloseCode>(code);
    c.reason = std::move(reason);
    return c;
}

inline Verdict verdict(const kb::event::Closed& c) { return kb::diagnose(c).verdict; }
inline Confidence confidence(const kb::event::Closed& c) { return kb::diagnose(c).confidence; }

inline bool mentions(const kb::Diagnosis& d, std::string_view words) {
    return std::ranges::any_of(d.evidence, [words](const std::string& fact) { return fact.find(words) != std::string::npos; });
}

}  // namespace kingbolt::test
