#pragma once
// Hours of ends with nothing in common, for the tests of the patterns.

#include <kingbolt/engine/disconnect_patterns.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace kingbolt::test {

namespace kb = kingbolt;
using namespace std::chrono_literals;
using kb::Cause;
using kb::Confidence;
using kb::DisconnectPatterns;
using kb::PatternKind;
using kb::event::Closed;

/// Ends follow each other at irregular distances, from changing networks; each test says what they have in common.
class Hours {
public:
    Closed next(Cause cause) {
        Closed c;
        c.cause = cause;
        c.phase = kb::Phase::open;
        at_ += 3s + random(9'000);
        c.at = kb::TimePoint{at_};
        c.remote = "10." + std::to_string(++n_ % 200) + ".7.1:4000";
        c.open_for = 600s + random(3'000'000);
        c.lived = *c.open_for + 1ms;
        c.since_last_byte_in = c.since_last_byte_out = random(900);
        c.since_last_message_in = c.since_last_message_out = c.since_last_byte_in;
        c.messages_in = c.messages_out = 5;
        return c;
    }
    Closed idle(kb::Duration silence) {
        auto c = next(Cause::eof_without_close);
        c.since_last_byte_in = c.since_last_byte_out = c.since_last_message_in = c.since_last_message_out = silence;
        return c;
    }
    /// The same each run: a multiplicative generator (Lehmer, modulus 2^31 - 1).
    std::chrono::milliseconds random(std::uint64_t below) {
        state_ = state_ * 48'271 % 2'147'483'647;
        return std::chrono::milliseconds{state_ % below};
    }

private:
    kb::Duration at_ = 10h;
    std::uint64_t state_ = 20'240'607;
    unsigned n_ = 0;
};

inline const kb::Pattern* find(const std::vector<kb::Pattern>& patterns, PatternKind kind) {
    const auto found = std::ranges::find(patterns, kind, &kb::Pattern::kind);
    return found == patterns.end() ? nullptr : &*found;
}

}  // namespace kingbolt::test
