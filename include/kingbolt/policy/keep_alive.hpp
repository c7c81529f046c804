#pragma once
// Pings, pongs and when to give up on a peer.
//
// A missed pong counts as a failure, not only a failed write: writes into a dead peer succeed until the kernel stops
// retransmitting, about 15 minutes later (Linux tcp_retries2 = 15: 924.6 s at least, Documentation/networking/ip-sysctl).

#include <kingbolt/concepts/liveness.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>

namespace kingbolt {

/// Never asks, never gives up. Costs nothing.
struct NoKeepAlive {
    using slot = slot::liveness;
    struct State {};

    constexpr void start(State&, TimePoint, std::uint64_t) const noexcept {}
    static constexpr TimePoint due(const State&) noexcept { return TimePoint::max(); }
    static constexpr LivenessStep on_due(State&, TimePoint, TimePoint) noexcept { return {}; }
    static constexpr void on_bytes(State&) noexcept {}
    static constexpr std::optional<Duration> on_pong(State&, std::string_view, TimePoint) noexcept { return std::nullopt; }
    static constexpr void on_write_waiting(State&, TimePoint) noexcept {}
    static constexpr void on_write_moved(State&, TimePoint, bool) noexcept {}
    static constexpr std::string_view ping_payload(const State&) noexcept { return {}; }
    static constexpr std::uint32_t ping_sequence(const State&) noexcept { return 0; }
};

static_assert(Liveness<NoKeepAlive>);

/// Pings every `ping_interval`; a peer from which not one byte came within `pong_timeout` of a ping has missed it, and after
/// `max_missed_pongs` misses in a row it is given up. With the defaults a peer that vanishes is given up at most 100 s after
/// its last byte: 30 s to the next ping, two more intervals, and the last pong's 10 s; a hub's ticks add up to 0.4 s.
///
/// - The first ping is spread uniformly over one interval, and the phase is kept, so a restart does not ping everybody at once.
/// - Any inbound byte is a sign of life and clears the misses; only the pong that matches the outstanding ping gives an RTT.
/// - A write of which the kernel took nothing for `pong_timeout` is a miss too, whatever the peer says meanwhile.
/// - If the loop itself was stalled while a ping was outstanding, that wait starts anew: a stalled server must not kill its clients.
struct KeepAlive {
    using slot = slot::liveness;

    Duration ping_interval = std::chrono::seconds{30};  ///< 10 ms to 24 h
    Duration pong_timeout = std::chrono::seconds{10};   ///< 1 ms to `ping_interval`: one ping outstanding at a time
    unsigned max_missed_pongs = 3;                      ///< 1 to 100

    /// 8 bytes nonce, 4 bytes sequence, 8 bytes send time in nanoseconds, big-endian (a control frame carries at most 125).
    struct PingPayload {
        std::array<char, 20> bytes{};
        /// As a frame wants it.
        operator std::string_view() const noexcept { return {bytes.data(), bytes.size()}; }
    };

    struct State {
        TimePoint next_ping{};
        TimePoint ping_sent{};  ///< or, after a stall of the loop, when it resumed: where the wait for the pong begins
        TimePoint stamp{};      ///< when the ping was really sent, as its payload says
        TimePoint write_waiting_since = TimePoint::max();  ///< max: no write is waiting for the peer
        std::uint64_t nonce = 0;
        std::uint32_t sequence = 0;
        std::uint8_t misses = 0;
        std::uint8_t stalls = 0;
        bool awaiting_deadline = false;  ///< a ping is out and its `pong_timeout` has not been judged
        bool awaiting_pong = false;      ///< the matching pong has not come
        bool heard = false;              ///< bytes came since the ping
    };

    /// Throws InvalidOption.
    void validate() const {
        using namespace std::chrono_literals;
        const auto text = [](Duration d) { return std::to_string(milliseconds(d)) + " ms"; };
        if (ping_interval < 10ms || ping_interval > 24h)
            throw InvalidOption{"KeepAlive.ping_interval", text(ping_interval), "10 ms to 24 h",
                                "use 30 s, or below the idle time-out of the proxies in between"};
        if (pong_timeout < 1ms || pong_timeout > ping_interval)
            throw InvalidOption{"KeepAlive.pong_timeout", text(pong_timeout), "1 ms to ping_interval, " + text(ping_interval),
                                "one ping is outstanding at a time: lower pong_timeout or raise ping_interval"};
        if (max_missed_pongs < 1 || max_missed_pongs > 100)
            throw InvalidOption{"KeepAlive.max_missed_pongs", std::to_string(max_missed_pongs), "1 to 100",
                                "use 3, or NoKeepAlive to never give up"};
    }

    void start(State& state, TimePoint now, std::uint64_t random) const noexcept {
        state = State{};
        state.nonce = random;
        // The high half of `random`, as a fraction of the interval.
        const auto fraction = static_cast<double>(random >> 32U) / 4294967296.0;
        state.next_ping = now + std::chrono::duration_cast<Duration>(
                                    std::chrono::duration<double, std::nano>(fraction * static_cast<double>(ping_interval.count())));
    }

    /// While a ping waits for its pong: the end of that wait. Otherwise: the next ping.
    TimePoint due(const State& state) const noexcept { return state.awaiting_deadline ? state.ping_sent + pong_timeout : state.next_ping; }

    LivenessStep on_due(State& state, TimePoint now, TimePoint loop_resumed) const noexcept {
        LivenessStep step;
        if (state.awaiting_deadline) {
            if (now < state.ping_sent + pong_timeout) return step;
            if (loop_resumed > state.ping_sent && now < loop_resumed + pong_timeout) {
                state.ping_sent = loop_resumed;  // void: the answer may be waiting in our own kernel
                return step;
            }
            judge(state, now, step);
            if (step.give_up) return step;
        }
        if (now >= state.next_ping) ping(state, now, step);
        return step;
    }

    static void on_bytes(State& state) noexcept {
        state.heard = true;
        state.misses = 0;
    }

    std::optional<Duration> on_pong(State& state, std::string_view payload, TimePoint now) const noexcept {
        if (!state.awaiting_pong || payload != std::string_view{ping_payload(state)}) return std::nullopt;
        state.awaiting_pong = false;
        // The bytes have proved life already. Nothing is left to be judged at the end of the wait but a write that stands still.
        if (state.write_waiting_since == TimePoint::max()) state.awaiting_deadline = false;
        return now - state.stamp;
    }

    static void on_write_waiting(State& state, TimePoint now) noexcept { state.write_waiting_since = now; }
    static void on_write_moved(State& state, TimePoint now, bool waiting) noexcept {
        state.write_waiting_since = waiting ? now : TimePoint::max();
        state.stalls = 0;
    }

    static std::uint32_t ping_sequence(const State& state) noexcept { return state.sequence; }

    static PingPayload ping_payload(const State& state) noexcept {
        PingPayload payload;
        auto out = payload.bytes.begin();
        const auto put = [&out](std::uint64_t value, int bytes) {
            for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) *out++ = static_cast<char>((value >> shift) & 0xFFU);
        };
        put(state.nonce, 8);
        put(state.sequence, 4);
        put(static_cast<std::uint64_t>(state.stamp.time_since_epoch().count()), 8);
        return payload;
    }

private:
    // The loop has run for `pong_timeout` at least since the ping, and since its last stall.
    void judge(State& state, TimePoint now, LivenessStep& step) const noexcept {
        state.awaiting_deadline = false;
        const bool stalled = state.write_waiting_since != TimePoint::max() && now - state.write_waiting_since >= pong_timeout;
        if (stalled) ++state.stalls;
        if (!state.heard) ++state.misses;
        step.missed = stalled || !state.heard;
        step.write_stalled = stalled && state.misses < state.stalls;
        step.misses = std::max(state.misses, state.stalls);
        step.give_up = step.misses >= max_missed_pongs;
    }

    void ping(State& state, TimePoint now, LivenessStep& step) const noexcept {
        // Laps that a stalled loop slept through are skipped whole, which keeps the phase and the spread between sessions.
        const auto late = now - state.next_ping;
        state.next_ping += (late / ping_interval + 1) * ping_interval;
        state.ping_sent = state.stamp = now;
        ++state.sequence;
        state.awaiting_deadline = state.awaiting_pong = true;
        state.heard = false;
        step.send_ping = true;
    }
};

static_assert(Liveness<KeepAlive>);

}  // namespace kingbolt
