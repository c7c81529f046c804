#pragma once
// The decisions of a circuit breaker. No clock, no I/O, no callback: each function says what has changed, and its caller, the only one
// who is told of that change, lets others know.
//
// Any thread. A call that is permitted while closed and succeeds reads one word and writes nothing.

#include <kingbolt/concepts/trip_rule.hpp>
#include <kingbolt/core/breaker.hpp>
#include <kingbolt/engine/breaker_word.hpp>
#include <kingbolt/engine/random.hpp>
#include <kingbolt/engine/tally.hpp>
#include <kingbolt/policy/open_time.hpp>
#include <kingbolt/policy/probing.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace kingbolt::engine {

/// A state that has begun. Whoever gets it tells the observers.
struct Transition {
    BreakerState from{};
    BreakerState to{};
    BreakerReason reason{};
    std::uint32_t generation = 0;
    Duration retry_after{};
    bool operator==(const Transition&) const = default;
};

/// May this call be made?
struct Passage {
    bool permitted = true;
    std::uint32_t generation = 0;  ///< to be handed back with the result
    Duration retry_after{};        ///< when rejected: until a probe may pass; Duration::max() when forced open; zero when half-open
    std::optional<Transition> transition{};
};

template <TripRule... Rules>
class Breaker {
    static_assert(sizeof...(Rules) > 0, "kingbolt: a breaker without a trip rule never opens");

public:
    /// `seed` is for the jitter of the open time. `probing` is valid, but for a lease that may be longer. Throws InvalidOption.
    Breaker(OpenTime open_time, Probing probing, std::uint64_t seed, Rules... rules)
        : open_time_{open_time}, probing_{probing}, seed_{seed}, rules_{std::move(rules)...} {
        open_time_.validate();
        std::apply([](const auto&... each) { (each.rule.validate(), ...); }, rules_);
    }

    /// Asks for passage. Every passage that is permitted must be settled, once.
    Passage acquire(TimePoint now) noexcept {
        BreakerWord word = load();
        for (;;) {
            switch (word.state()) {
            case BreakerState::closed:
            case BreakerState::disabled: return {.generation = word.generation()};
            case BreakerState::forced_open: return reject(Duration::max());
            case BreakerState::open: {
                const Duration left = word.until_probe(clamped(now));
                if (left > Duration::zero()) return reject(left);
                if (auto change = replace(word, half_open(word, 1, now), BreakerReason::open_time_over))
                    return {.generation = change->generation, .transition = change};
                break;
            }
            case BreakerState::half_open: {
                auto probes = word.probes();
                if (probes.issued < probing_.permitted) {
                    ++probes.issued;
                    probes.lease = lease_from(now);
                    if (exchange(word, word.with_payload(probes.payload()))) return {.generation = word.generation()};
                } else if (!probes.lease_over(clamped(now))) {
                    return reject(Duration::zero());
                } else if (auto change = replace(word, half_open(word, 1, now), BreakerReason::probe_lease_over)) {
                    return {.generation = change->generation, .transition = change};
                }
                break;
            }
            }
        }
    }

    /// What became of a passage; `took` matters to SlowCalls only.
    std::optional<Transition> settle(std::uint32_t generation, Classification result, Duration took, TimePoint now) noexcept {
        switch (result) {
        case Classification::success:
        case Classification::negative: return on_success(generation, took, now);
        case Classification::failure: return on_failure(generation, took, now);
        default: give_back(generation); return std::nullopt;
        }
    }

    /// Open, and it is time to probe: half-open, with no probe on its way. For a timer, so that those who watch see it without traffic.
    std::optional<Transition> on_timer(TimePoint now) noexcept {
        BreakerWord word = load();
        while (word.state() == BreakerState::open && word.until_probe(clamped(now)) <= Duration::zero())
            if (auto change = replace(word, half_open(word, 0, now), BreakerReason::open_time_over)) return change;
        return std::nullopt;
    }

    // By hand. A state that is there already is no event.
    std::optional<Transition> close() noexcept { return force(BreakerState::closed); }
    std::optional<Transition> force_open() noexcept { return force(BreakerState::forced_open); }
    std::optional<Transition> disable() noexcept { return force(BreakerState::disabled); }

    /// As the last change left it: an open breaker whose time is over is open until a call or the timer finds it so.
    BreakerState state() const noexcept { return load().state(); }
    std::uint32_t generation() const noexcept { return load().generation(); }
    std::uint32_t consecutive_failures() const noexcept {
        const BreakerWord word = load();
        return word.state() == BreakerState::closed ? static_cast<std::uint32_t>(word.payload()) : 0;
    }
    /// Until a call may pass: zero unless open, Duration::max() when forced open.
    Duration retry_after(TimePoint now) const noexcept {
        const BreakerWord word = load();
        if (word.state() == BreakerState::forced_open) return Duration::max();
        return word.state() == BreakerState::open ? std::max(word.until_probe(clamped(now)), Duration::zero()) : Duration::zero();
    }
    BreakerCounts counts() const noexcept {
        return {failures_.load(relaxed), ignored_.load(relaxed), rejected_.total(), late_results_.load(relaxed)};
    }

private:
    static constexpr auto relaxed = std::memory_order_relaxed;
    static constexpr bool needs_successes = (Rules::needs_successes || ...);

    BreakerWord load() const noexcept { return BreakerWord{word_.load(std::memory_order_acquire)}; }
    /// False, and `word` is what stands now, when another thread was faster.
    bool exchange(BreakerWord& word, BreakerWord next) noexcept {
        std::uint64_t bits = word.bits();
        const bool done = word_.compare_exchange_weak(bits, next.bits(), std::memory_order_acq_rel, std::memory_order_acquire);
        if (!done) word = BreakerWord{bits};
        return done;
    }
    std::optional<Transition> replace(BreakerWord& word, BreakerWord next, BreakerReason reason, Duration retry_after = {}) noexcept {
        const BreakerState from = word.state();
        if (!exchange(word, next)) return std::nullopt;
        return Transition{from, next.state(), reason, next.generation(), retry_after};
    }

    Passage reject(Duration retry_after) noexcept {
        rejected_.add();
        return {.permitted = false, .retry_after = retry_after};
    }

    BreakerWord half_open(BreakerWord word, unsigned issued, TimePoint now) noexcept {
        const BreakerWord::Probes probes{.issued = issued, .lease = lease_from(now)};
        return BreakerWord::make(BreakerState::half_open, word.reopenings(), word.next_generation(), probes.payload());
    }

    std::optional<Transition> on_success(std::uint32_t generation, Duration took, TimePoint now) noexcept {
        BreakerWord word = load();
        // A slow one may trip a rule, and counts as a success otherwise.
        if constexpr (needs_successes) {
            if (word.state() == BreakerState::closed && word.generation() == generation) {
                if (const auto trip = judge({.took = took, .generation = generation}, now)) return open(word, generation, *trip, now);
            }
        }
        for (;;) {
            if (word.generation() != generation) return late();
            if (word.state() == BreakerState::closed) {
                if (word.payload() == 0 || exchange(word, word.with_payload(0))) return std::nullopt;
            } else if (word.state() == BreakerState::half_open) {
                auto probes = word.probes();
                if (++probes.succeeded >= probing_.needed) {
                    if (auto change = replace(word, BreakerWord::make(BreakerState::closed, 0, word.next_generation()),
                                              BreakerReason::probe_succeeded))
                        return change;
                } else if (exchange(word, word.with_payload(probes.payload()))) {
                    return std::nullopt;
                }
            } else {
                return std::nullopt;  // disabled: nothing follows
            }
        }
    }

    std::optional<Transition> on_failure(std::uint32_t generation, Duration took, TimePoint now) noexcept {
        failures_.fetch_add(1, relaxed);
        now = advance(now);
        BreakerWord word = load();
        // First the count, then the rules, which must hear of each failure once: whichever thread brings it to the threshold opens.
        std::uint64_t failures = 0;
        for (;;) {
            if (word.generation() != generation) return late();
            if (word.state() == BreakerState::half_open) {
                const Duration length = open_time_.length(longest_open(), word.reopenings() + 1, chance(word));
                if (auto change = replace(word, opened(word, word.reopenings() + 1, now + length), BreakerReason::probe_failed, length))
                    return change;
                continue;
            }
            if (word.state() != BreakerState::closed) return std::nullopt;
            failures = std::min(word.payload() + 1, BreakerWord::max_failures);
            if (exchange(word, word.with_payload(failures))) break;
        }
        const auto trip = judge(
            {.failed = true, .consecutive_failures = static_cast<std::uint32_t>(failures), .took = took, .generation = generation}, now);
        return trip ? open(load(), generation, *trip, now) : std::nullopt;
    }

    struct Trip {
        BreakerReason reason;
        Duration open_for;
    };
    /// The first rule that trips; every rule hears of the call.
    std::optional<Trip> judge(const CallFacts& facts, TimePoint now) noexcept {
        std::optional<Trip> trip;
        std::apply(
            [&](auto&... each) {
                ((each.rule.on_result(each.state, facts, now) && !trip ? void(trip = Trip{each.rule.reason, each.rule.open_for}) : void()),
                 ...);
            },
            rules_);
        return trip;
    }

    std::optional<Transition> open(BreakerWord word, std::uint32_t generation, const Trip& trip, TimePoint now) noexcept {
        while (word.generation() == generation && word.state() == BreakerState::closed) {
            const Duration length = open_time_.length(trip.open_for, 0, chance(word));
            if (auto change = replace(word, opened(word, 0, now + length), trip.reason, length)) return change;
        }
        return std::nullopt;  // another thread has opened it
    }
    static BreakerWord opened(BreakerWord word, unsigned reopenings, TimePoint until) noexcept {
        return BreakerWord::make(BreakerState::open, reopenings, word.next_generation(), BreakerWord::moment(until));
    }

    /// A probe's place is free again; nothing else changes.
    void give_back(std::uint32_t generation) noexcept {
        ignored_.fetch_add(1, relaxed);
        BreakerWord word = load();
        for (;;) {
            if (word.generation() != generation) return void(late());
            if (word.state() != BreakerState::half_open) return;
            auto probes = word.probes();
            --probes.issued;
            if (exchange(word, word.with_payload(probes.payload()))) return;
        }
    }

    std::optional<Transition> late() noexcept {
        late_results_.fetch_add(1, relaxed);
        return std::nullopt;
    }

    std::uint64_t lease_from(TimePoint now) noexcept { return BreakerWord::Probes::lease_until(advance(now) + probing_.lease); }

    /// The latest time of a failure or a probe: a clock that steps back stands still for the breaker until it has caught up.
    TimePoint clamped(TimePoint now) const noexcept { return std::max(now, TimePoint{Duration{latest_.load(relaxed)}}); }
    TimePoint advance(TimePoint now) noexcept {
        auto latest = latest_.load(relaxed);
        while (latest < now.time_since_epoch().count() && !latest_.compare_exchange_weak(latest, now.time_since_epoch().count(), relaxed)) {
        }
        return clamped(now);
    }

    /// A probe that fails does not say which rule would have tripped.
    Duration longest_open() const noexcept {
        return std::apply([](const auto&... each) { return std::max({each.rule.open_for...}); }, rules_);
    }
    /// Of the generation that begins, so that it needs no state of its own.
    std::uint64_t chance(BreakerWord word) const noexcept { return Random{seed_ + word.next_generation()}(); }

    std::optional<Transition> force(BreakerState to) noexcept {
        BreakerWord word = load();
        while (word.state() != to) {
            const Duration retry_after = to == BreakerState::forced_open ? Duration::max() : Duration::zero();
            if (auto change = replace(word, BreakerWord::make(to, 0, word.next_generation()), BreakerReason::manual, retry_after))
                return change;
        }
        return std::nullopt;
    }

    template <class R>
    struct Ruled {
        Ruled(R r) : rule{std::move(r)} {}  // NOLINT(google-explicit-constructor): what the tuple is made from
        R rule;
        typename R::State state{};
    };

    OpenTime open_time_;
    Probing probing_;
    std::uint64_t seed_;
    std::tuple<Ruled<Rules>...> rules_;
    std::atomic<std::uint64_t> word_{0};
    std::atomic<Duration::rep> latest_{Duration::min().count()};
    std::atomic<std::uint64_t> failures_{0}, ignored_{0}, late_results_{0};
    Tally rejected_;  // what happens most in an outage
};

}  // namespace kingbolt::engine
