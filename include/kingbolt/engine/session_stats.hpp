#pragma once
// How a session is doing, while it lives. What `event::Closed` says is what became of it.

#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/vitals.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace kingbolt {

/// What `Hub::for_each_session` shows, as of when it was called.
struct SessionStats {
    Duration open_for{};                           ///< since the upgrade
    std::optional<Duration> last_rtt{};            ///< none: no ping has been answered yet
    std::optional<Duration> since_last_byte_in{};  ///< none: not one byte came
    std::optional<Duration> write_stalled_for{};   ///< a write has been waiting for the peer for this long
    unsigned missed_pongs = 0;                     ///< in a row
    std::size_t queued_bytes = 0;                  ///< in its outbox; what is being written counts too
    std::size_t queued_messages = 0;               ///< likewise
    std::uint64_t bytes_in = 0;                    ///< on the wire
    std::uint64_t bytes_out = 0;                   ///< after the upgrade
    std::uint64_t messages_in = 0;                 ///< whole ones
    std::uint64_t messages_out = 0;                ///< handed to the transport
    std::uint64_t messages_dropped = 0;            ///< by a full outbox, conflated ones included

    bool operator==(const SessionStats&) const = default;
};

namespace engine {

/// Of one that has opened.
template <class Record>
SessionStats stats_of(const Record& session, TimePoint now) {
    const Vitals& vitals = session.vitals;
    const auto since = [now](TimePoint then) { return then == Vitals::never ? std::nullopt : std::optional{now - then}; };
    return {.open_for = now - vitals.opened,
            .last_rtt = vitals.last_rtt < Duration::zero() ? std::nullopt : std::optional{vitals.last_rtt},
            .since_last_byte_in = since(vitals.last_byte_in),
            .write_stalled_for = since(vitals.write_waiting_since),
            .missed_pongs = vitals.missed_pongs,
            .queued_bytes = session.queue.bytes(),
            .queued_messages = session.queue.messages(),
            .bytes_in = vitals.bytes_in,
            .bytes_out = vitals.bytes_out,
            .messages_in = vitals.messages_in,
            .messages_out = vitals.messages_out,
            .messages_dropped = vitals.messages_dropped};
}

}  // namespace engine
}  // namespace kingbolt
