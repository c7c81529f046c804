#pragma once
// What a session remembers of its life, so that its end can be explained.

#include <kingbolt/core/event.hpp>
#include <kingbolt/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace kingbolt::engine {

struct Vitals {
    static constexpr TimePoint never = TimePoint::min();

    TimePoint accepted = never;
    TimePoint opened = never;
    TimePoint last_byte_in = never;
    TimePoint last_byte_out = never;
    TimePoint last_message_in = never;
    TimePoint last_message_out = never;
    TimePoint last_pong = never;
    TimePoint write_waiting_since = never;  ///< a write is in flight, and this is when bytes of it last moved
    Duration last_rtt{-1};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t messages_dropped = 0;
    std::uint32_t pings_sent = 0;
    std::uint32_t missed_pongs = 0;

    /// Fills in what a session knows about its end at `now`.
    void explain(event::Closed& closed, TimePoint now) const {
        const auto since = [now](TimePoint then) { return then == never ? std::nullopt : std::optional{now - then}; };
        closed.at = now;
        closed.lived = now - accepted;
        closed.open_for = since(opened);
        closed.since_last_byte_in = since(last_byte_in);
        closed.since_last_byte_out = since(last_byte_out);
        closed.since_last_message_in = since(last_message_in);
        closed.since_last_message_out = since(last_message_out);
        closed.since_last_pong = since(last_pong);
        if (last_rtt >= Duration::zero()) closed.last_rtt = last_rtt;
        closed.missed_pongs = missed_pongs;
        closed.pings_sent = pings_sent;
        closed.bytes_in = bytes_in;
        closed.bytes_out = bytes_out;
        closed.messages_in = messages_in;
        closed.messages_out = messages_out;
        closed.messages_dropped = messages_dropped;
        closed.write_stalled_for = since(write_waiting_since);
    }
};

}  // namespace kingbolt::engine
