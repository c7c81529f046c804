#pragma once
// The whole state of a breaker in 64 bits, so that each change is one compare-exchange.
//
//     state 3 | reopenings 4 | generation 20 | payload 37
//     payload   closed: failures in a row; open: when to probe, in milliseconds; half-open: succeeded 4 | issued 4 | lease 29
//
// Moments are milliseconds of the monotonic clock modulo 2^37 (4.4 years), a lease's in steps of 256 of them, and are compared
// by their signed distance: right as long as a breaker that is open or half-open is looked at once in two years.

#include <kingbolt/core/breaker.hpp>
#include <kingbolt/core/time.hpp>

#include <algorithm>
#include <cstdint>

namespace kingbolt::engine {

class BreakerWord {
public:
    static constexpr unsigned max_reopenings = 15;

    constexpr BreakerWord() noexcept = default;
    explicit constexpr BreakerWord(std::uint64_t bits) noexcept : bits_{bits} {}

    static constexpr BreakerWord make(BreakerState state, unsigned reopenings, std::uint32_t generation,
                                      std::uint64_t payload = 0) noexcept {
        return BreakerWord{(static_cast<std::uint64_t>(state) << 61U) | (std::uint64_t{std::min(reopenings, max_reopenings)} << 57U) |
                           (std::uint64_t{generation % breaker_generations} << payload_bits) | payload};
    }
    constexpr BreakerWord with_payload(std::uint64_t payload) const noexcept { return BreakerWord{(bits_ & ~payload_mask) | payload}; }

    constexpr std::uint64_t bits() const noexcept { return bits_; }
    constexpr BreakerState state() const noexcept { return static_cast<BreakerState>(bits_ >> 61U); }
    constexpr unsigned reopenings() const noexcept { return static_cast<unsigned>(bits_ >> 57U) & 0xFU; }
    constexpr std::uint32_t generation() const noexcept {
        return static_cast<std::uint32_t>(bits_ >> payload_bits) & (breaker_generations - 1);
    }
    constexpr std::uint32_t next_generation() const noexcept { return (generation() + 1) % breaker_generations; }
    constexpr std::uint64_t payload() const noexcept { return bits_ & payload_mask; }

    // Closed.
    static constexpr std::uint64_t max_failures = 0xFFFF'FFFF;

    // Open: rounded up, so that no probe comes early.
    static constexpr std::uint64_t moment(TimePoint at) noexcept { return static_cast<std::uint64_t>(up(at, 1'000'000)) & payload_mask; }
    constexpr Duration until_probe(TimePoint now) const noexcept {
        const auto left = distance(payload(), static_cast<std::uint64_t>(down(now, 1'000'000)), payload_bits);
        const Duration since_millisecond = now.time_since_epoch() - std::chrono::milliseconds{down(now, 1'000'000)};
        return std::chrono::milliseconds{left} - since_millisecond;
    }

    // Half-open.
    struct Probes {
        unsigned issued = 0;  ///< with or without a result, but for those given back
        unsigned succeeded = 0;
        std::uint64_t lease = 0;

        static constexpr std::uint64_t lease_until(TimePoint at) noexcept {
            return static_cast<std::uint64_t>(up(at, lease_step)) & lease_mask;
        }
        constexpr bool lease_over(TimePoint now) const noexcept {
            return distance(lease, static_cast<std::uint64_t>(down(now, lease_step)), lease_bits) <= 0;
        }
        constexpr std::uint64_t payload() const noexcept {
            return (std::uint64_t{succeeded} << 33U) | (std::uint64_t{issued} << lease_bits) | lease;
        }
    };
    constexpr Probes probes() const noexcept {
        return {static_cast<unsigned>(payload() >> lease_bits) & 0xFU, static_cast<unsigned>(payload() >> 33U) & 0xFU,
                payload() & lease_mask};
    }

private:
    static constexpr unsigned payload_bits = 37;
    static constexpr unsigned lease_bits = 29;
    static constexpr std::uint64_t payload_mask = (std::uint64_t{1} << payload_bits) - 1;
    static constexpr std::uint64_t lease_mask = (std::uint64_t{1} << lease_bits) - 1;
    static constexpr Duration::rep lease_step = 256'000'000;

    static constexpr Duration::rep down(TimePoint at, Duration::rep step) noexcept {
        const auto ns = at.time_since_epoch().count();
        return ns / step - (ns % step < 0 ? 1 : 0);
    }
    static constexpr Duration::rep up(TimePoint at, Duration::rep step) noexcept {
        const auto ns = at.time_since_epoch().count();
        return ns / step + (ns % step > 0 ? 1 : 0);
    }
    /// From `from` to `to` on a circle of 2^bits.
    static constexpr std::int64_t distance(std::uint64_t to, std::uint64_t from, unsigned bits) noexcept {
        return static_cast<std::int64_t>((to - from) << (64U - bits)) >> (64U - bits);
    }

    std::uint64_t bits_ = 0;
};

}  // namespace kingbolt::engine
