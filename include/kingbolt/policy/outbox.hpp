#pragma once
// How much may wait for a peer that reads slowly, and what gives way when it is too much.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace kingbolt {

/// What happens to a message for which an outbox has no room.
enum class WhenFull : std::uint8_t {
    /// What waits is written at once, and where that makes no room the session is closed with `slow_consumer`: it comes back and starts
    /// afresh.
    disconnect,
    drop_oldest,  ///< the oldest queued messages make room
    drop_newest,  ///< the message itself is not queued
    conflate,  ///< of the queued messages of one topic and key only the newest stays; where that frees less than an eighth, the oldest go
};

/// Bounds of what is queued for one session, bytes being written included. Control frames have a lane of their own.
struct Outbox {
    using slot = slot::outbox;

    std::size_t max_bytes = 1_MiB;              ///< 1 KiB to 1 GiB, frame headers included
    std::size_t max_messages = 1'024;           ///< 1 to 1,000,000
    WhenFull when_full = WhenFull::disconnect;  ///< a topic may say otherwise

    /// Throws InvalidOption.
    void validate() const {
        if (max_bytes < 1_KiB || max_bytes > 1_GiB)
            throw InvalidOption{"Outbox.max_bytes", std::to_string(max_bytes), "1 KiB to 1 GiB",
                                "allow at least a few of your largest messages"};
        if (max_messages < 1 || max_messages > 1'000'000)
            throw InvalidOption{"Outbox.max_messages", std::to_string(max_messages), "1 to 1,000,000",
                                "use drop_newest or conflate to keep little, not 0"};
    }
};

}  // namespace kingbolt
