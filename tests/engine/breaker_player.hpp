#pragma once
// Plays the scenarios of breaker_scenarios.txt, whose notation is explained there.

#include <kingbolt/engine/breaker.hpp>
#include <kingbolt/engine/stale_store.hpp>
#include <kingbolt/policy/consecutive_failures.hpp>
#include <kingbolt/policy/failure_rate.hpp>
#include <kingbolt/policy/slow_calls.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace breaker_test {

using namespace kingbolt;
using namespace std::chrono_literals;

struct Scenario {
    std::string id, configuration, steps, calls, transitions, source;
};

inline std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::istringstream in{text};
    for (std::string part; std::getline(in, part, at);) parts.push_back(part);
    return parts;
}

inline std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream in{text};
    for (std::string word; in >> word;) all.push_back(word);
    return all;
}

inline std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& word : all) text += (text.empty() ? "" : " ") + word;
    return text;
}

inline std::vector<Scenario> read_scenarios(std::istream& in) {
    std::vector<Scenario> scenarios;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.front() == '#') continue;
        const auto parts = split(line, '|');
        if (parts.size() != 6) throw std::runtime_error{"not six parts: " + line};
        scenarios.push_back(
            {joined(words(parts[0])), parts[1], parts[2], joined(words(parts[3])), joined(words(parts[4])), joined(words(parts[5]))});
    }
    return scenarios;
}

inline Duration seconds_of(const std::string& text) { return std::chrono::round<Duration>(std::chrono::duration<double>{std::stod(text)}); }

/// A rule that may be absent, because a scenario decides at run time what others write down.
template <TripRule R>
struct Maybe {
    static constexpr bool needs_successes = R::needs_successes;
    static constexpr auto reason = R::reason;
    using State = typename R::State;
    bool present = false;
    R rule{};
    Duration open_for = 1ms;

    void validate() const { rule.validate(); }
    bool on_result(State& state, const CallFacts& facts, TimePoint now) const noexcept {
        return present && rule.on_result(state, facts, now);
    }
};

struct Configuration {
    Maybe<ConsecutiveFailures> consecutive{.present = true, .rule = {}, .open_for = 300s};
    Maybe<FailureRate> rate{};
    Maybe<SlowCalls> slow{};
    Probing probing{};
    OpenTime open_time{};
    std::optional<Duration> max_stale{};

    explicit Configuration(const std::string& text) {
        Duration open_for = 300s;
        for (const auto& word : words(text)) {
            const auto key = word.substr(0, word.find('='));
            const auto value = word.substr(word.find('=') + 1);
            const auto field = split(value, ':');
            const auto number = [&field](std::size_t at) { return static_cast<std::uint32_t>(std::stoul(field.at(at))); };
            if (key == "thr") {
                consecutive.present = value != "0";
                if (consecutive.present) consecutive.rule.threshold = number(0);
            } else if (key == "open") {
                open_for = seconds_of(value);
            } else if (key == "permitted") {
                probing.permitted = number(0);
            } else if (key == "need") {
                probing.needed = number(0);
            } else if (key == "lease") {
                probing.lease = seconds_of(value);
            } else if (key == "grow") {
                open_time.growth = std::stod(value);
            } else if (key == "cap") {
                open_time.cap = seconds_of(value);
            } else if (key == "count") {
                rate = {true, {.rate = std::stod(field.at(2)), .window = LastCalls{number(0)}, .minimum_calls = number(1)}, {}};
            } else if (key == "time") {
                rate = {
                    true, {.rate = std::stod(field.at(2)), .window = LastTime{seconds_of(field.at(0))}, .minimum_calls = number(1)}, {}};
            } else if (key == "slow") {
                slow = {true,
                        {.longer_than = seconds_of(field.at(0)),
                         .rate = std::stod(field.at(3)),
                         .window = LastCalls{number(1)},
                         .minimum_calls = number(2)},
                        {}};
            } else if (key == "stale") {
                max_stale = seconds_of(value);
            } else {
                throw std::runtime_error{"unknown configuration: " + word};
            }
        }
        consecutive.open_for = rate.open_for = slow.open_for = open_for;
    }
};

class Player {
public:
    explicit Player(const std::string& configuration) : Player{Configuration{configuration}} {}

    /// Throws std::runtime_error at an assertion that does not hold.
    void play(const std::string& steps) {
        for (const auto& group : split(steps, ';')) {
            auto operations = words(group);
            now_ = start + seconds_of(operations.at(0));
            for (std::size_t i = 1; i < operations.size(); ++i) repeat(operations[i]);
        }
    }

    std::string calls() const { return joined(calls_); }
    std::string transitions() const { return joined(transitions_); }

private:
    static constexpr TimePoint start{10'000h};
    using Breaker = engine::Breaker<Maybe<ConsecutiveFailures>, Maybe<FailureRate>, Maybe<SlowCalls>>;

    explicit Player(Configuration c)
        : breaker_{c.open_time, c.probing, 1, c.consecutive, c.rate, c.slow},
          store_{{.capacity = 10, .max_age = c.max_stale.value_or(1s)}},
          caches_{c.max_stale} {}

    void repeat(std::string operation) {
        int times = 1;
        if (const auto star = operation.find('*'); star != std::string::npos) {
            times = std::stoi(operation.substr(star + 1));
            operation.resize(star);
        }
        for (int i = 0; i < times; ++i) run(operation);
    }

    void run(const std::string& operation) {
        const std::string rest = operation.substr(1);
        switch (operation.front()) {
        case '+': pending_[rest] = begin(); return;
        case '-': return end(pending_.at(rest.substr(0, rest.find(':'))), rest.substr(rest.find(':') + 1));
        case '!': return tell(rest == "open" ? breaker_.force_open() : rest == "close" ? breaker_.close() : breaker_.disable());
        case '~': return tell(breaker_.on_timer(now_));
        case '?': return check(rest);
        default:
            if (const auto passage = begin()) end(passage, operation);
        }
    }

    std::optional<std::uint32_t> begin() {
        const engine::Passage passage = breaker_.acquire(now_);
        tell(passage.transition);
        if (passage.permitted) {
            calls_.emplace_back("E");
            return passage.generation;
        }
        const auto cached = caches_ ? store_.find("key", now_) : nullptr;
        calls_.push_back(cached == nullptr ? "R" : "stale(" + cached->value + "," + std::to_string((now_ - cached->at) / 1s) + ")");
        return std::nullopt;
    }

    void end(std::optional<std::uint32_t> passage, const std::string& result) {
        if (!passage) throw std::runtime_error{"a call that was rejected cannot end: " + result};
        const Duration took = result.find('@') == std::string::npos ? Duration{} : seconds_of(result.substr(result.find('@') + 1));
        static const std::map<char, Classification> classes{{'S', Classification::success},
                                                            {'F', Classification::failure},
                                                            {'N', Classification::negative},
                                                            {'I', Classification::ignored},
                                                            {'X', Classification::cancelled}};
        const auto classification = classes.at(result.front());
        if (classification == Classification::success) store_.put("key", result.size() > 2 ? result.substr(2) : "", now_);
        if (classification == Classification::negative) store_.erase("key");
        tell(breaker_.settle(*passage, classification, took, now_));
    }

    void check(const std::string& wanted) const {
        std::string seen;
        if (wanted.starts_with("late=")) {
            seen = "late=" + std::to_string(breaker_.counts().late_results);
        } else if (wanted.starts_with("retry=")) {
            seen = "retry=" + std::to_string(breaker_.retry_after(now_) / 1s);
        } else {
            seen = letter(breaker_.state());
        }
        if (seen != wanted) throw std::runtime_error{"?" + wanted + " but is " + seen + " after " + joined(calls_)};
    }

    void tell(const std::optional<engine::Transition>& change) {
        if (!change) return;
        if (change->generation != ++generation_) throw std::runtime_error{"generations are not contiguous"};
        static const std::map<BreakerReason, std::string> reasons{{BreakerReason::consecutive_failures, "consecutive"},
                                                                  {BreakerReason::failure_rate, "rate"},
                                                                  {BreakerReason::slow_calls, "slow"},
                                                                  {BreakerReason::open_time_over, "timer"},
                                                                  {BreakerReason::probe_succeeded, "probe"},
                                                                  {BreakerReason::probe_failed, "probe"},
                                                                  {BreakerReason::probe_lease_over, "lease"},
                                                                  {BreakerReason::manual, "manual"}};
        transitions_.push_back(letter(change->from) + ">" + letter(change->to) + ":" + reasons.at(change->reason));
    }

    static std::string letter(BreakerState state) {
        return state == BreakerState::forced_open ? "F" : std::string{static_cast<char>(std::toupper(to_string(state).front()))};
    }

    TimePoint now_ = start;
    Breaker breaker_;
    engine::StaleStore<std::string, std::string> store_;
    std::optional<Duration> caches_;
    std::map<std::string, std::optional<std::uint32_t>> pending_;
    std::vector<std::string> calls_, transitions_;
    std::uint32_t generation_ = 0;
};

}  // namespace breaker_test
