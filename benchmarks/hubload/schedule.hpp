#pragma once
// When each event is due. Open loop: the times are fixed from the start, whatever the server or the generator do meanwhile, and latency
// counts from them; so nobody can hide a pause by delaying the next event (coordinated omission).

#include <chrono>
#include <cstdint>

namespace hubload {

class Schedule {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Schedule() = default;
    /// `per_second`: 1 to 1,000,000.
    Schedule(TimePoint start, std::uint64_t per_second) : start_{start}, per_second_{per_second} {}

    /// Of the `index`-th event, from 0. No rounding adds up.
    TimePoint due(std::uint64_t index) const noexcept {
        const auto rest = index % per_second_ * nanoseconds_per_second / per_second_;
        return start_ + std::chrono::seconds{index / per_second_} + std::chrono::nanoseconds{rest};
    }

    /// How many events are due at `now` or earlier.
    std::uint64_t due_by(TimePoint now) const noexcept {
        if (now < start_) return 0;
        const auto whole = std::chrono::floor<std::chrono::seconds>(now - start_);
        const auto rest = static_cast<std::uint64_t>(std::chrono::nanoseconds{now - start_ - whole}.count());
        // Of the times in this second, which are rounded down: those whose exact time is less than a nanosecond after `rest` are due too.
        const auto in_this_second = ((rest + 1) * per_second_ - 1) / nanoseconds_per_second + 1;
        return static_cast<std::uint64_t>(whole.count()) * per_second_ + in_this_second;
    }

private:
    static constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

    TimePoint start_{};
    std::uint64_t per_second_ = 1;
};

}  // namespace hubload
