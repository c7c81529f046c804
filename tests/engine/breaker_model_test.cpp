// The breaker against a second one that is written to be read: plain members, one thread, no bits.

#include <kingbolt/engine/breaker.hpp>
#include <kingbolt/policy/consecutive_failures.hpp>
#include <kingbolt/policy/failure_rate.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{10'000h};  // a whole number of quarters
constexpr Duration quarter = 256ms;  // a lease ends at one

struct Options {
    ConsecutiveFailures consecutive{};
    FailureRate rate{};
    Probing probing{};
    OpenTime open_time{};
};

class Model {
public:
    explicit Model(const Options& options) : options_{options} {}

    struct Passed {
        bool permitted = false;
        std::uint32_t generation = 0;
        Duration retry_after{};
    };

    Passed acquire(TimePoint now) {
        if (state == BreakerState::open && now >= probe_at_) become(BreakerState::half_open, BreakerReason::open_time_over);
        if (state == BreakerState::open) return {.retry_after = probe_at_ - now};
        if (state == BreakerState::forced_open) return {.retry_after = Duration::max()};
        if (state == BreakerState::half_open) {
            const bool free = issued_ < options_.probing.permitted;
            if (!free && now < lease_ends_) return {};
            if (!free) become(BreakerState::half_open, BreakerReason::probe_lease_over);
            ++issued_;
            const Duration until = (now + options_.probing.lease).time_since_epoch();
            lease_ends_ = TimePoint{(until + quarter - 1ns) / quarter * quarter};
        }
        return {true, generation};
    }

    void settle(std::uint32_t of, Classification result, TimePoint now) {
        if (of != generation) {
            ++late;
            return;
        }
        const bool good = result == Classification::success || result == Classification::negative;
        const bool bad = result == Classification::failure;
        if (state == BreakerState::closed && (good || bad)) {
            failures_ = good ? 0 : failures_ + 1;
            window_.push_back(bad);
            if (window_.size() > std::get<LastCalls>(options_.rate.window).calls) window_.pop_front();
            const auto failed = static_cast<double>(std::count(window_.begin(), window_.end(), true));
            if (bad && failures_ >= options_.consecutive.threshold)
                open(options_.consecutive.open_for, BreakerReason::consecutive_failures, now);
            else if (bad && window_.size() >= options_.rate.minimum_calls &&
                     failed >= options_.rate.rate * static_cast<double>(window_.size()))
                open(options_.rate.open_for, BreakerReason::failure_rate, now);
        } else if (state == BreakerState::half_open) {
            if (good && ++succeeded_ == options_.probing.needed) {
                reopenings_ = 0;
                become(BreakerState::closed, BreakerReason::probe_succeeded);
            } else if (bad) {
                ++reopenings_;
                open(std::max(options_.consecutive.open_for, options_.rate.open_for), BreakerReason::probe_failed, now);
            } else if (!good) {
                --issued_;
            }
        }
    }

    void on_timer(TimePoint now) {
        if (state == BreakerState::open && now >= probe_at_) become(BreakerState::half_open, BreakerReason::open_time_over);
    }
    void force(BreakerState to) {
        if (state == to) return;
        reopenings_ = 0;
        become(to, BreakerReason::manual);
    }

    BreakerState state = BreakerState::closed;
    std::uint32_t generation = 0;
    std::uint64_t late = 0;
    BreakerReason last_reason{};

private:
    void open(Duration length, BreakerReason reason, TimePoint now) {
        const Duration cap = std::max(length, options_.open_time.cap);
        for (int i = 0; i < reopenings_ && length < cap; ++i) length *= static_cast<int>(options_.open_time.growth);
        probe_at_ = now + std::min(length, cap);
        become(BreakerState::open, reason);
    }
    void become(BreakerState to, BreakerReason reason) {
        state = to;
        last_reason = reason;
        ++generation;
        failures_ = issued_ = succeeded_ = 0;
        window_.clear();
    }

    Options options_;
    std::uint32_t failures_ = 0;
    std::deque<bool> window_;
    unsigned issued_ = 0, succeeded_ = 0;
    int reopenings_ = 0;
    TimePoint probe_at_{}, lease_ends_{};
};

/// One history of both, told what to do by one seed.
class History {
public:
    explicit History(unsigned seed)
        : random_{seed},
          options_{some_options()},
          model_{options_},
          breaker_{options_.open_time, options_.probing, 0, options_.consecutive, options_.rate} {}

    /// False at the first difference.
    bool step() {
        switch (below(12)) {
        case 0: now_ += quarter * static_cast<int>(below(8)); return same();
        case 1: now_ += quarter * static_cast<int>(below(60)); return same();
        case 2: model_.on_timer(now_); return told(breaker_.on_timer(now_));
        case 3:
            if (below(6) == 0) return force();
            [[fallthrough]];
        case 4:
        case 5:
        case 6:
        case 7: return begin();
        default: return end();
        }
    }

private:
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

    Options some_options() {
        Options options;
        options.consecutive = {.threshold = 1 + below(4), .open_for = std::chrono::seconds{1 + below(10)}};
        const std::uint32_t calls = 2 + below(6);
        options.rate = {.rate = 0.25 * (1 + below(4)),
                        .window = LastCalls{calls},
                        .minimum_calls = 1 + below(calls),
                        .open_for = std::chrono::seconds{1 + below(10)}};
        options.probing.permitted = 1 + below(3);
        options.probing.needed = 1 + below(options.probing.permitted);
        options.probing.lease = std::chrono::seconds{1 + below(6)};
        options.open_time = {.growth = 1.0 + below(3), .cap = std::chrono::seconds{1 + below(40)}};
        return options;
    }

    bool begin() {
        const auto wanted = model_.acquire(now_);
        const engine::Passage got = breaker_.acquire(now_);
        if (got.permitted) pending_.push_back(got.generation);
        return got.permitted == wanted.permitted && (!got.permitted || got.generation == wanted.generation) &&
               got.retry_after == wanted.retry_after && told(got.transition);
    }

    bool end() {
        if (pending_.empty()) return true;
        const auto at = pending_.begin() + static_cast<std::ptrdiff_t>(below(static_cast<std::uint32_t>(pending_.size())));
        const std::uint32_t generation = *at;
        pending_.erase(at);
        static constexpr Classification results[] = {Classification::success,  Classification::failure, Classification::failure,
                                                     Classification::negative, Classification::ignored, Classification::cancelled};
        const Classification result = results[below(6)];
        model_.settle(generation, result, now_);
        return told(breaker_.settle(generation, result, Duration{}, now_));
    }

    bool force() {
        static constexpr BreakerState states[] = {BreakerState::closed, BreakerState::forced_open, BreakerState::disabled};
        const BreakerState to = states[below(3)];
        model_.force(to);
        return told(to == BreakerState::closed     ? breaker_.close()
                    : to == BreakerState::disabled ? breaker_.disable()
                                                   : breaker_.force_open());
    }

    bool told(const std::optional<engine::Transition>& change) {
        const bool wanted = model_.generation != generation_;
        if (change.has_value() != wanted) return false;
        if (change && (change->generation != model_.generation || change->to != model_.state || change->reason != model_.last_reason))
            return false;
        generation_ = model_.generation;
        return same();
    }
    bool same() const {
        return breaker_.state() == model_.state && breaker_.generation() == model_.generation &&
               breaker_.counts().late_results == model_.late;
    }

    std::mt19937 random_;
    Options options_;
    Model model_;
    engine::Breaker<ConsecutiveFailures, FailureRate> breaker_;
    TimePoint now_ = start;
    std::vector<std::uint32_t> pending_;
    std::uint32_t generation_ = 0;
};

}  // namespace

TEST_CASE("a breaker and its model agree over 100,000 random histories") {
    for (unsigned seed = 0; seed < 100'000; ++seed) {
        History history{seed};
        for (int step = 0; step < 60; ++step) {
            if (history.step()) continue;
            FAIL("seed " << seed << " differs at step " << step);
        }
    }
}
