#pragma once
// What a `Closed` shows: questions with a yes or no, and the same facts as sentences with their numbers.

#include <kingbolt/core/event.hpp>
#include <kingbolt/engine/text.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace kingbolt::engine {

/// Younger than this and without a message from the client, a death counts as "right after the upgrade".
inline constexpr Duration at_once = std::chrono::seconds{1};
/// A silence or a gap shorter than this says nothing about deadlines.
inline constexpr Duration shortest_deadline = std::chrono::seconds{1};
/// A loop this late can cost it clients; the hub itself voids such laps.
inline constexpr Duration harmful_lag = std::chrono::seconds{1};

/// The deadline somebody may have configured, if `d` is one such as people choose: 1 to 5 s, 10 s, 60 s, 350 s … Timers fire late
/// and never early, so up to 1 % (20 ms at least) below counts as it, and up to 2 % (150 ms at least) above.
constexpr std::optional<Duration> customary_deadline(Duration d) noexcept {
    constexpr std::array<int, 27> chosen{1,  2,  3,  4,   5,   10,  15,  20,  25,  30,  40,  45,   50,  55,
                                         60, 75, 90, 100, 120, 180, 240, 300, 350, 600, 900, 1800, 3600};
    for (const int s : chosen) {
        const Duration deadline = std::chrono::seconds{s};
        const Duration early = std::max<Duration>(deadline / 100, std::chrono::milliseconds{20});
        const Duration late = std::max<Duration>(deadline / 50, std::chrono::milliseconds{150});
        if (d >= deadline - early && d <= deadline + late) return deadline;
    }
    return std::nullopt;
}

class Evidence {
public:
    explicit Evidence(const event::Closed& closed) noexcept : c_{closed} {}

    bool right_after_upgrade() const noexcept { return c_.open_for && *c_.open_for < at_once && c_.messages_in == 0; }
    bool refused_without_subprotocol() const noexcept { return c_.offered_subprotocols > 0 && c_.subprotocol.empty(); }
    bool loop_was_stalled() const noexcept { return c_.loop_lag >= harmful_lag; }

    /// Since the last byte in either direction. The upgrade itself counts as one.
    Duration silence() const noexcept {
        const Duration open_for = c_.open_for.value_or(c_.lived);
        return std::min(c_.since_last_byte_in.value_or(c_.lived), c_.since_last_byte_out.value_or(open_for));
    }
    /// Since the peer last received a message, or since the upgrade.
    Duration since_message_out() const noexcept { return c_.since_last_message_out.value_or(c_.open_for.value_or(c_.lived)); }

    /// It was still answering pings, long after the last message had reached it.
    bool pongs_outlived_messages() const noexcept {
        return c_.since_last_pong && since_message_out() >= shortest_deadline && *c_.since_last_pong * 2 < since_message_out();
    }
    /// Earlier silences, between pings, were longer than the last one and did no harm. `open_for / pings_sent` estimates the
    /// interval from below, for the first ping comes early.
    bool survived_longer_silence() const noexcept {
        return c_.open_for && c_.pings_sent >= 3 && silence() * 10 < *c_.open_for / c_.pings_sent * 9;
    }

    /// The peer's kernel has acknowledged nothing for about as long as its application has said nothing, and what was sent
    /// meanwhile is being retransmitted.
    bool kernel_vanished() const noexcept {
        return c_.tcp && c_.tcp->unacknowledged > 0 && c_.tcp->retransmits > 0 && !acknowledged_since();
    }
    /// The peer's kernel went on acknowledging after its application fell silent. A closed window leaves bytes unsent, not
    /// unacknowledged.
    bool kernel_there() const noexcept { return c_.tcp && (c_.tcp->unacknowledged == 0 || acknowledged_since()); }

    std::string life() const {
        if (!c_.open_for)
            return "it lived " + duration_text(c_.lived) + " and was never upgraded; " + count_text(c_.bytes_in, "byte") + " came";
        return "it was open for " + duration_text(*c_.open_for) + ", with " + count_text(c_.messages_in, "message") + " in and " +
               std::to_string(c_.messages_out) + " out";
    }
    std::string silences() const { return "last byte in " + ago(c_.since_last_byte_in) + ", out " + ago(c_.since_last_byte_out); }
    std::string messages() const {
        return "last message to it " + ago(c_.since_last_message_out) + ", last message from it " + ago(c_.since_last_message_in);
    }
    std::string pongs() const {
        std::string text = count_text(c_.pings_sent, "ping") + " sent, last pong " + ago(c_.since_last_pong);
        if (c_.missed_pongs > 0) text += ", " + std::to_string(c_.missed_pongs) + " in a row missed";
        if (c_.last_rtt) text += ", round trip " + duration_text(*c_.last_rtt);
        return text;
    }
    std::string kernel() const {
        if (!c_.tcp) return "no evidence from the kernel";
        return "kernel: " + count_text(c_.tcp->unacknowledged, "segment") + " unacknowledged, " +
               count_text(c_.tcp->retransmits, "retransmission") + ", " + count_text(c_.tcp->unsent_bytes, "byte") +
               " not taken by the peer's, last acknowledgement " + duration_text(c_.tcp->since_last_ack) + " ago";
    }
    std::string close_frame() const {
        return (c_.cause == Cause::client_close ? "the client's Close frame: " : "the hub's Close frame: ") +
               std::to_string(static_cast<unsigned>(c_.code)) + (c_.reason.empty() ? "" : " " + in_quotes(c_.reason));
    }
    std::string queue() const {
        return count_text(c_.queued_messages, "message") + " with " + count_text(c_.queued_bytes, "byte") + " queued, " +
               std::to_string(c_.messages_dropped) + " dropped";
    }
    std::string stalled_write() const {
        return c_.write_stalled_for ? "a write has been waiting for the peer for " + duration_text(*c_.write_stalled_for)
                                    : "no write was waiting";
    }
    std::string subprotocols() const {
        return count_text(c_.offered_subprotocols, "subprotocol") + " offered, " +
               (c_.subprotocol.empty() ? "none" : in_quotes(c_.subprotocol)) + " selected";
    }
    std::string lag() const { return "the server's own loop was late by up to " + duration_text(c_.loop_lag); }

private:
    bool acknowledged_since() const noexcept { return c_.tcp->since_last_ack * 2 < c_.since_last_byte_in.value_or(c_.lived); }

    static std::string ago(const std::optional<Duration>& since) { return since ? duration_text(*since) + " ago" : "never"; }

    const event::Closed& c_;
};

}  // namespace kingbolt::engine
