#pragma once
// What is kept of a `Closed` for comparison with others: a fixed size, no strings.

#include <kingbolt/core/event.hpp>
#include <kingbolt/core/remote_address.hpp>
#include <kingbolt/engine/diagnosis.hpp>
#include <kingbolt/engine/evidence.hpp>

#include <optional>

namespace kingbolt::engine {

struct DisconnectRecord {
    explicit DisconnectRecord(const event::Closed& c)
        : at{c.at},
          lived{c.lived},
          open_for{c.open_for},
          remote{RemoteAddress::parse(c.remote)},
          loop_lag{c.loop_lag},
          verdict{diagnose(c).verdict},
          cause{c.cause} {
        const Evidence evidence{c};
        const bool without_close = c.cause == Cause::eof_without_close || c.cause == Cause::reset_by_peer ||
                                   c.cause == Cause::write_error || c.cause == Cause::read_error;
        if (!c.open_for || !(without_close || c.cause == Cause::client_close)) return;
        const Duration silence = evidence.silence();
        if (without_close && silence >= shortest_deadline) idle_for = silence;
        if (evidence.pongs_outlived_messages()) messageless_for = evidence.since_message_out();
        had_messages = c.messages_out > 0;
        // A connection that was silent all its life says nothing about its greatest age: an idle limit explains it too.
        if (silence * 10 < *c.open_for * 9 && *c.open_for >= shortest_deadline && !(messageless_for && !had_messages)) aged = *c.open_for;
    }

    TimePoint at{};
    Duration lived{};
    std::optional<Duration> open_for{};         ///< none: it died before the upgrade
    std::optional<Duration> idle_for{};         ///< cut without a Close after this silence
    std::optional<Duration> messageless_for{};  ///< left this long after the last message, pongs flowing
    std::optional<Duration> aged{};             ///< left at this age, and not for silence
    std::optional<RemoteAddress> remote{};
    Duration loop_lag{};
    Verdict verdict{};
    Cause cause{};
    bool had_messages = false;
};

}  // namespace kingbolt::engine
