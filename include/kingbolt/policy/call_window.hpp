#pragma once
// The latest results of a closed breaker, by number or by time: how many there were, and how many of them were bad.

#include <kingbolt/core/breaker.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <string>
#include <variant>
#include <vector>

namespace kingbolt {

/// The last `calls` results. One bit each.
struct LastCalls {
    std::uint32_t calls = 100;  ///< 1 to 100,000
};

/// The results of the last `time`, to a tenth of it.
struct LastTime {
    Duration time = std::chrono::seconds{10};  ///< 10 ms to 24 h
};

/// The calls that a rule looks at.
using CallWindow = std::variant<LastCalls, LastTime>;

/// Throws InvalidOption.
inline void check_window(const std::string& rule, const CallWindow& window, std::uint32_t minimum_calls, double rate) {
    using namespace std::chrono_literals;
    if (const auto* last = std::get_if<LastCalls>(&window)) {
        if (last->calls < 1 || last->calls > 100'000)
            throw InvalidOption{rule + ".window", std::to_string(last->calls) + " calls", "1 to 100,000", "use 100"};
        if (minimum_calls > last->calls)
            throw InvalidOption{rule + ".minimum_calls", std::to_string(minimum_calls),
                                "1 to the calls of the window, " + std::to_string(last->calls),
                                "the rule could never trip: lower it, or take a larger window"};
    } else if (const Duration time = std::get<LastTime>(window).time; time < 10ms || time > 24h) {
        throw InvalidOption{rule + ".window", std::to_string(milliseconds(time)) + " ms", "10 ms to 24 h", "use 10 s"};
    }
    if (minimum_calls < 1) throw InvalidOption{rule + ".minimum_calls", "0", "1 or more", "use 10"};
    if (!(rate > 0.0 && rate <= 1.0)) throw InvalidOption{rule + ".rate", std::to_string(rate), "above 0, to 1", "use 0.5 for one half"};
}

/// What a rule with a window remembers. Any thread.
class WindowState {
public:
    /// Of a window.
    struct Sum {
        std::uint64_t calls = 0;  ///< in the window
        std::uint64_t bad = 0;    ///< that failed or were slow

        /// There are enough calls to judge by, and so large a share of them is bad.
        bool reaches(std::uint32_t minimum_calls, double rate) const noexcept {
            return calls >= minimum_calls && static_cast<double>(bad) >= rate * static_cast<double>(calls);
        }
    };

    /// Takes one result in and says what the window holds. A generation later than the one before begins with nothing; a result of an
    /// earlier one is not taken in.
    Sum add(const CallWindow& window, bool bad, std::uint32_t generation, TimePoint now) noexcept {
        const std::lock_guard lock{mutex_};
        const std::uint32_t later = (generation - generation_) % breaker_generations;
        if (begun_ && later >= breaker_generations / 2) return {};
        if (!begun_ || later != 0) {
            begun_ = true;
            generation_ = generation;
            clear();
        }
        if (const auto* last = std::get_if<LastCalls>(&window)) return add_call(last->calls, bad);
        return add_timed(std::get<LastTime>(window).time, bad, now);
    }

private:
    static constexpr std::size_t slices = 10;

    void clear() noexcept {
        sum_ = {};
        next_ = 0;
        ring_.clear();
        slices_ = {};
    }

    Sum add_call(std::uint32_t size, bool bad) noexcept {
        if (ring_.size() < size) {
            try {
                ring_.push_back(bad);
            } catch (const std::bad_alloc&) {
                return {};  // what cannot be remembered trips nothing
            }
            ++sum_.calls;
        } else {
            sum_.bad -= ring_[next_] ? 1 : 0;
            ring_[next_] = bad;
            next_ = (next_ + 1) % size;
        }
        sum_.bad += bad ? 1 : 0;
        return sum_;
    }

    Sum add_timed(Duration time, bool bad, TimePoint now) noexcept {
        const auto slice = now.time_since_epoch() / (time / static_cast<Duration::rep>(slices));
        // Older than the window: counted with the oldest that is in it, so that nothing is lost when threads read the clock in another
        // order than they arrive.
        latest_ = std::max(latest_, slice);
        Slice& place = slices_[static_cast<std::size_t>(slice) % slices];
        if (place.number < slice) place = {slice, {}};
        ++place.sum.calls;
        place.sum.bad += bad ? 1 : 0;
        Sum sum;
        for (const Slice& each : slices_) {
            if (each.number + static_cast<Duration::rep>(slices) <= latest_) continue;
            sum.calls += each.sum.calls;
            sum.bad += each.sum.bad;
        }
        return sum;
    }

    struct Slice {
        Duration::rep number = 0;
        Sum sum{};
    };

    std::mutex mutex_;
    bool begun_ = false;
    std::uint32_t generation_ = 0;
    Sum sum_;  ///< of `ring_`
    std::vector<bool> ring_;
    std::size_t next_ = 0;  ///< the oldest of a full ring
    std::array<Slice, slices> slices_{};
    Duration::rep latest_ = 0;
};

}  // namespace kingbolt
