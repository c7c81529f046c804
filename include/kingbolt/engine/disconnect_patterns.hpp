#pragma once
// Why do they disconnect? An observer that compares the ends of many connections and finds what one alone cannot show:
//
//     kb::DisconnectPatterns patterns;
//     kb::Hub hub{server, patterns};
//     …
//     for (const auto& p : patterns.patterns()) std::clog << p.text << '\n';
//     // 37 connections died 60.0 ± 0.5 s after the last byte: an idle proxy; set ping_interval below 48 s

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/engine/cluster.hpp>
#include <kingbolt/engine/diagnosis.hpp>
#include <kingbolt/engine/disconnect_record.hpp>
#include <kingbolt/engine/pattern.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kingbolt {

/// Keeps the last `window` ends, at most `max_age` old: 128 bytes each, so 128 KiB with the defaults, whatever clients do.
/// Deterministic: the same events in the same order give the same patterns. For the hub's loop only.
class DisconnectPatterns {
public:
    using slot = slot::observer;

    /// What is compared.
    struct Options {
        std::size_t window = 1024;                 ///< 8 to 65,536 ends
        Duration max_age = std::chrono::hours{1};  ///< judged against the newest end; 1 s or more
        std::size_t min_count = 5;                 ///< fewer connections than this make no pattern; 2 to `window`
    };

    DisconnectPatterns() : DisconnectPatterns{Options{}} {}
    /// Throws InvalidOption.
    explicit DisconnectPatterns(Options options) : options_{options} {
        if (options.window < 8 || options.window > 65'536)
            throw InvalidOption{"DisconnectPatterns.window", std::to_string(options.window), "8 to 65536", "1024 suits most hubs"};
        if (options.max_age < std::chrono::seconds{1})
            throw InvalidOption{"DisconnectPatterns.max_age", std::to_string(milliseconds(options.max_age)) + " ms", "1 s or more",
                                "use 1 h"};
        if (options.min_count < 2 || options.min_count > options.window)
            throw InvalidOption{"DisconnectPatterns.min_count", std::to_string(options.min_count), "2 to window", "use 5"};
    }

    void operator()(const event::Closed& closed) {
        ends_.emplace_back(closed);
        while (ends_.size() > options_.window || ends_.front().at + options_.max_age < ends_.back().at) ends_.pop_front();
    }

    /// What the ends in the window have in common, in the order of `PatternKind`; sorts the window, O(n log n).
    std::vector<Pattern> patterns() const {
        std::vector<Pattern> found;
        const auto add = [&found](std::optional<Pattern> pattern) {
            if (pattern) found.push_back(*std::move(pattern));
        };
        add(died_after_upgrade());
        add(at_one_time(PatternKind::idle_proxy, &Record::idle_for));
        add(at_one_time(PatternKind::read_deadline, &Record::messageless_for));
        add(at_one_time(PatternKind::maximum_age, &Record::aged));
        add(lost_together());
        add(one_network());
        return found;
    }

    /// `kingbolt::diagnose`, and where the end fits an idle proxy or a read deadline that others share, that verdict with the
    /// pattern as its first evidence.
    Diagnosis diagnose(const event::Closed& closed) const {
        Diagnosis diagnosis = kingbolt::diagnose(closed);
        const Record record{closed};
        const auto fits = [&](PatternKind kind, std::optional<Duration> Record::*time, Verdict verdict) {
            const auto pattern = record.*time ? at_one_time(kind, time) : std::nullopt;
            if (!pattern || std::chrono::abs(*(record.*time) - pattern->centre) > engine::tolerance(pattern->centre)) return false;
            diagnosis.verdict = verdict;
            diagnosis.confidence = pattern->confidence;
            diagnosis.summary = text_of(verdict).summary;
            diagnosis.cure = text_of(verdict).cure;
            diagnosis.evidence.insert(diagnosis.evidence.begin(), pattern->text);
            return true;
        };
        if (!fits(PatternKind::idle_proxy, &Record::idle_for, Verdict::idle_proxy))
            fits(PatternKind::read_deadline, &Record::messageless_for, Verdict::read_deadline_ignores_pongs);
        return diagnosis;
    }

    /// Ends in the window.
    std::size_t size() const noexcept { return ends_.size(); }

private:
    using Record = engine::DisconnectRecord;
    static_assert(sizeof(Record) <= 128);

    /// Phases of pings spread an outage's victims over one ping interval.
    static constexpr Duration together = std::chrono::seconds{30};

    static constexpr bool right_after_upgrade(Verdict v) noexcept {
        return v == Verdict::client_closed_at_once || v == Verdict::client_left_at_once || v == Verdict::closed_without_reading ||
               v == Verdict::subprotocol_not_selected || v == Verdict::closed_in_open_handler;
    }
    static constexpr bool ordinary(Verdict v) noexcept {
        return v == Verdict::client_closed || v == Verdict::http_answered || v == Verdict::server_drained ||
               v == Verdict::closed_by_application;
    }

    std::optional<Pattern> died_after_upgrade() const {
        std::map<Verdict, std::size_t> verdicts;
        std::size_t opened = 0, died = 0;
        for (const Record& end : ends_) {
            if (!end.open_for) continue;
            ++opened;
            if (right_after_upgrade(end.verdict)) ++died, ++verdicts[end.verdict];
        }
        if (died < options_.min_count || died * 4 < opened) return std::nullopt;
        const auto [verdict, n] = *std::ranges::max_element(verdicts, {}, [](const auto& entry) { return entry.second; });
        Pattern pattern{.kind = PatternKind::died_after_upgrade, .confidence = Confidence::certain, .count = died, .of = opened};
        pattern.subject = to_string(verdict);
        pattern.text = std::to_string(died) + " of the last " + engine::count_text(opened, "connection") +
                       " died immediately after the upgrade, " + std::to_string(n) + " of them as " + pattern.subject + ". " +
                       std::string{text_of(verdict).cure};
        return pattern;
    }

    std::optional<Pattern> at_one_time(PatternKind kind, std::optional<Duration> Record::*time) const {
        std::vector<Duration> times;
        for (const Record& end : ends_)
            if (end.*time) times.push_back(*(end.*time));
        const auto cluster = engine::densest(times, options_.min_count);
        if (!cluster) return std::nullopt;

        TimePoint first = TimePoint::max(), last = TimePoint::min();
        bool had_messages = true;
        for (const Record& end : ends_) {
            if (!(end.*time) || !cluster->contains(*(end.*time))) continue;
            first = std::min(first, end.at);
            last = std::max(last, end.at);
            had_messages = had_messages && end.had_messages;
        }
        // Connections that began together and ended together need no common limit: one event explains both.
        const bool one_event = last - first <= 2 * engine::tolerance(cluster->centre());
        if (one_event && (kind == PatternKind::maximum_age || !engine::customary_deadline(cluster->centre()))) return std::nullopt;

        const bool doubtful = one_event || (kind == PatternKind::read_deadline && !had_messages);
        return Pattern{.kind = kind,
                       .confidence = doubtful ? Confidence::likely : Confidence::certain,
                       .count = cluster->count,
                       .of = times.size(),
                       .centre = cluster->centre(),
                       .spread = cluster->spread(),
                       .text = engine::count_text(cluster->count, "connection") + explain(kind, *cluster)};
    }

    static std::string explain(PatternKind kind, const engine::Cluster& cluster) {
        const std::string time = cluster.text();
        const std::string four_fifths = engine::short_duration_text(cluster.centre() * 4 / 5);
        if (kind == PatternKind::idle_proxy)
            return " died " + time + " after the last byte: an idle proxy; set ping_interval below " + four_fifths;
        if (kind == PatternKind::read_deadline)
            return " left " + time +
                   " after the last message and answered pings until then: a read deadline that pongs do not extend; extend it in the "
                   "client's control handlers, or send a message at least every " +
                   four_fifths;
        return " ended at the age of " + time +
               ": a proxy or load balancer with a greatest connection age; let clients come back, or raise it";
    }

    std::optional<Pattern> lost_together() const {
        std::vector<const Record*> lost;
        for (const Record& end : ends_)
            if (end.cause == Cause::pong_timeout || end.cause == Cause::write_stalled) lost.push_back(&end);
        std::ranges::stable_sort(lost, {}, &Record::at);
        std::size_t from = 0, count = 0;
        for (std::size_t first = 0, last = 0; first < lost.size(); ++first) {
            while (last < lost.size() && lost[last]->at - lost[first]->at <= together) ++last;
            if (last - first > count) from = first, count = last - first;
        }
        if (count < options_.min_count || count * 4 < lost.size() * 3 || !is_burst(count, lost.size())) return std::nullopt;

        Duration lag{};
        for (std::size_t i = from; i < from + count; ++i) lag = std::max(lag, lost[i]->loop_lag);
        const Duration within = lost[from + count - 1]->at - lost[from]->at;
        Pattern pattern{
            .kind = PatternKind::lost_together, .confidence = Confidence::likely, .count = count, .of = lost.size(), .spread = within / 2};
        pattern.text =
            engine::count_text(count, "connection") + " stopped answering and were given up within " + engine::duration_text(within) +
            (lag >= engine::harmful_lag
                 ? ": the server's own loop was late by up to " + engine::duration_text(lag) + "; move blocking work out of the callbacks"
                 : std::string{
                       ": an outage of the network between, or of a proxy; look at what changed half a minute to two minutes before"});
        return pattern;
    }

    /// More than four times the steady rate, over the time that the lives of these connections cover.
    bool is_burst(std::size_t count, std::size_t of) const {
        TimePoint born = TimePoint::max();
        for (const Record& end : ends_) born = std::min(born, end.at - end.lived);
        const double share = engine::seconds(together) / engine::seconds(std::max<Duration>(ends_.back().at - born, together));
        return static_cast<double>(count) > 4 * share * static_cast<double>(of);
    }

    std::optional<Pattern> one_network() const {
        std::map<RemoteAddress, std::size_t> addresses, networks, everybody;
        std::size_t abnormal = 0;
        for (const Record& end : ends_) {
            if (!end.remote) continue;
            ++everybody[end.remote->network()];
            if (ordinary(end.verdict)) continue;
            ++abnormal;
            ++addresses[*end.remote];
            ++networks[end.remote->network()];
        }
        // If everybody comes from one network, a proxy of our own is in front and the address says nothing.
        if (everybody.size() < 2 || networks.empty()) return std::nullopt;
        const auto most = [](const auto& counts) {
            return *std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
        };
        const auto [address, by_address] = most(addresses);
        const auto [network, by_network] = most(networks);
        const bool one_address = by_address * 2 > abnormal;
        const std::size_t count = one_address ? by_address : by_network;
        if (count < options_.min_count || count * 2 <= abnormal) return std::nullopt;
        Pattern pattern{.kind = PatternKind::one_network, .confidence = Confidence::likely, .count = count, .of = abnormal};
        pattern.subject = one_address ? address.text() : network.network_text();
        pattern.text = std::to_string(count) + " of the last " + engine::count_text(abnormal, "abnormal end") + " belong to " +
                       pattern.subject + ": look at that " +
                       (one_address ? "client, which may be reconnecting in a loop" : "network's link, proxy or clients");
        return pattern;
    }

    Options options_;
    std::deque<Record> ends_;
};

}  // namespace kingbolt
