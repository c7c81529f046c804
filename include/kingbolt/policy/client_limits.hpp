#pragma once
// What one client may ask of the hub besides messages (RateLimiter), and what happens when it wants more, messages included.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/limit.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/policy/gcra.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace kingbolt {

/// Bytes are those of messages, after decompression. Control frames are pings and pongs: each ping asks for a pong.
struct ClientLimits {
    using slot = slot::client_limits;

    double bytes_per_second = 0;              ///< 0, or 1 to 1e12; 0: no limit
    std::size_t byte_burst = 1024 * 1024;     ///< at once, 1 to 2^40; not less than the largest message
    double control_frames_per_second = 10;    ///< 0, or 0.001 to 1e9; 0: no limit
    std::uint32_t control_frame_burst = 100;  ///< at once, 1 to 1,000,000
    std::size_t max_subscriptions = 1'000;    ///< at a time, 1 to 2^32 - 1. More are refused, never a reason to close
    /// Read of a client after its end was decided and before its own Close came, 1 to 2^40. One that sends more is cut. It should be more
    /// than what honest clients have under way: the kernel's buffers, 10 MiB on Linux, and a message.
    std::size_t bytes_after_close = 16_MiB;
    OnExcess on_excess = OnExcess::close;  ///< of messages, bytes and control frames
    bool dry_run = false;                  ///< what exceeds a limit is reported, and nothing else: to find out what limits would do

    struct State {
        TimePoint bytes_full_at = TimePoint::min();
        TimePoint control_full_at = TimePoint::min();
    };

    /// Throws InvalidOption.
    void validate() const {
        const auto check = [](const char* option, bool right, const std::string& value, const char* range, const char* cure) {
            if (!right) throw InvalidOption{std::string{"ClientLimits."} + option, value, range, cure};
        };
        check("bytes_per_second", bytes_per_second == 0 || (bytes_per_second >= 1 && bytes_per_second <= 1e12),
              std::to_string(bytes_per_second), "0, or 1 to 1e12", "use 0 for no limit");
        check("byte_burst", byte_burst >= 1 && byte_burst <= std::size_t{1} << 40U, std::to_string(byte_burst), "1 to 2^40",
              "allow at least one message at once");
        check("control_frames_per_second",
              control_frames_per_second == 0 || (control_frames_per_second >= 0.001 && control_frames_per_second <= 1e9),
              std::to_string(control_frames_per_second), "0, or 0.001 to 1e9", "use 0 for no limit");
        check("control_frame_burst", control_frame_burst >= 1 && control_frame_burst <= 1'000'000, std::to_string(control_frame_burst),
              "1 to 1,000,000", "allow at least one at once");
        check("max_subscriptions", max_subscriptions >= 1 && max_subscriptions <= 0xFFFF'FFFF, std::to_string(max_subscriptions),
              "1 to 2^32 - 1", "allow as many as a client of yours needs");
        check("bytes_after_close", bytes_after_close >= 1 && bytes_after_close <= std::size_t{1} << 40U, std::to_string(bytes_after_close),
              "1 to 2^40", "allow what a client may have under way");
    }

    /// Counts a message of `size` bytes. Whoever has sent too much owes it: nothing more passes before that is paid off.
    Admission on_message(State& state, TimePoint now, std::size_t size) const noexcept {
        if (bytes_per_second == 0) return {};
        return count(state.bytes_full_at, now, bytes_per_second, static_cast<double>(size), static_cast<double>(byte_burst));
    }
    /// Counts a ping or a pong.
    Admission on_control_frame(State& state, TimePoint now) const noexcept {
        if (control_frames_per_second == 0) return {};
        return count(state.control_full_at, now, control_frames_per_second, 1, control_frame_burst);
    }

    /// How long a client has yet to send nothing, until it owes nothing more.
    Duration debt(const State& state, TimePoint now) const noexcept {
        const auto of = [now](TimePoint full_at, double rate, double burst) {
            return rate == 0 ? Duration::zero() : std::max(full_at, now) - now - time_for(burst, rate);
        };
        const Duration longer = std::max(of(state.bytes_full_at, bytes_per_second, static_cast<double>(byte_burst)),
                                         of(state.control_full_at, control_frames_per_second, control_frame_burst));
        return std::max(longer, Duration::zero());
    }

    /// What happens to whoever exceeds them; warn in a dry run.
    OnExcess action() const noexcept { return dry_run ? OnExcess::warn : on_excess; }

private:
    // What takes longer, or is owed for longer, is as good as never; and 64 bits of nanoseconds hold no more than 292 years.
    static constexpr Duration longest = std::chrono::hours{10 * 365 * 24};

    static Duration time_for(double n, double rate) noexcept {
        return Duration{static_cast<Duration::rep>(std::min(n * 1e9 / rate, static_cast<double>(longest.count())))};
    }
    static Admission count(TimePoint& full_at, TimePoint now, double rate, double amount, double burst) noexcept {
        const Duration capacity = time_for(burst, rate);
        const detail::GcraStep step = detail::gcra(full_at, now, time_for(amount, rate), capacity);
        full_at = std::min(step.full_at, now + capacity + longest);
        return step.admission;
    }
};

}  // namespace kingbolt
