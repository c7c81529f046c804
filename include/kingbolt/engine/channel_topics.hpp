#pragma once
// The numbers, the past and the options of all topics, and what of the past somebody has missed.

#include <kingbolt/core/channel.hpp>
#include <kingbolt/engine/topic_history.hpp>
#include <kingbolt/engine/topic_name.hpp>
#include <kingbolt/policy/channel_options.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kingbolt::engine {

class ChannelTopics {
public:
    /// `epoch` names the numbering; what comes after a topic was forgotten has one that is derived from it.
    ChannelTopics(const ChannelOptions& options, std::string epoch)
        : history_{options.history}, most_{options.max_topics}, name_{std::move(epoch)} {
        epoch_.reserve(name_.size() + 1 + std::numeric_limits<std::uint64_t>::digits10 + 1);
        epoch_ = name_;
    }

    /// Options of a topic, or of all under a pattern that have none of their own. Throws std::bad_alloc.
    void configure(std::string_view name, ChannelTopicOptions options) {
        configured_.insert_or_assign(std::string{name}, options);
        for (auto& [topic, state] : topics_) state.options = options_of(topic);
    }
    const ChannelTopicOptions& options(std::string_view topic) const {
        const auto found = topics_.find(topic);
        return found != topics_.end() ? found->second.options : options_of(topic);
    }

    /// The epoch of a topic that is about to be published to. `forget(name)` is asked before one is forgotten to make room, and says
    /// whether its numbers may begin anew. Throws std::bad_alloc.
    template <class Forget>
    const std::string& epoch_of(std::string_view topic, Forget&& forget) {
        return reach(topic, [&] { make_room(forget); }).epoch;
    }

    /// An event of `topic`. A topic that nobody has asked `epoch_of` for, because its number was given elsewhere, does not make room for
    /// itself. Throws std::bad_alloc.
    void add(std::string_view topic, const Frame& frame, TimePoint now) {
        State& state = reach(topic, [this] { forget_a_past(); });
        state.history.add(frame, now, bounds_of(state), state.options.retain);
        latest_.splice(latest_.end(), latest_, state.place);
    }

    /// The topic is no more, if `forget_numbers(name)` lets its numbers begin anew: what was kept goes, but for the number at which it
    /// ended. Who comes back to a pattern has missed something of it unless it has heard that one. Throws std::bad_alloc, before anything
    /// changes.
    template <class Forget>
    bool forget(std::string_view topic, Forget&& forget_numbers) {
        std::list<Forgotten> gone;
        gone.push_back({.topic = std::string{topic}});
        const std::string& name = gone.front().topic;
        if (!forget_numbers(std::string_view{name})) return false;
        // Not before: to forget the numbers may have led to a publication.
        const auto found = topics_.find(name);
        if (found == topics_.end()) return true;
        gone.front().epoch = std::move(found->second.epoch);
        gone.front().last = found->second.history.last();
        forgotten_.splice(forgotten_.end(), gone);
        if (forgotten_.size() > most_forgotten) forgotten_.pop_front();
        latest_.erase(found->second.place);
        topics_.erase(found);
        std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), ++generation_).ptr;
        epoch_.assign(name_).append(1, '-').append(digits.data(), end);  // there is room for it
        return true;
    }

    /// Likewise, but its numbers go on.
    void forget_past(std::string_view topic) {
        if (const auto found = topics_.find(topic); found != topics_.end()) found->second.history.forget_all();
    }

    /// What follows for somebody who subscribes to `wish.topic`: events are put behind `frames`, in the order of each topic.
    channel::Subscribed subscribe(const channel::Wish& wish, TimePoint now, std::vector<Frame>& frames) {
        channel::Subscribed result{.topic = wish.topic, .is_pattern = is_pattern(wish.topic)};
        const std::size_t before = frames.size();
        if (wish.from) {
            result.recovered = recover(wish, now, frames);
            if (!*result.recovered) frames.resize(before);
        }
        if (!result.recovered.value_or(false)) add_retained(wish.topic, frames);
        result.position = position(wish.topic);
        return result;
    }

    /// The same for somebody for whom the past was too much: the retained values, which come without history.
    channel::Subscribed start_anew(const channel::Wish& wish, std::vector<Frame>& frames) {
        channel::Subscribed result{
            .topic = wish.topic, .position = position(wish.topic), .is_pattern = is_pattern(wish.topic), .recovered = false};
        add_retained(wish.topic, frames);
        return result;
    }

    /// Lets go of what has become too old in some of the topics; called often enough, in all of them.
    void expire(TimePoint now) {
        constexpr std::size_t at_once = 64;
        auto next = topics_.upper_bound(expired_up_to_);
        for (std::size_t i = 0; i < at_once && next != topics_.end(); ++i, ++next) {
            next->second.history.expire(now, bounds_of(next->second).age);
            if (i + 1 == at_once) expired_up_to_ = next->first;
        }
        if (next == topics_.end()) expired_up_to_.clear();
    }

    std::size_t size() const noexcept { return topics_.size(); }

private:
    struct State {
        TopicHistory history{};
        std::string epoch{};  ///< when its numbers began
        ChannelTopicOptions options{};
        std::list<std::string_view>::iterator place{};
    };
    struct Forgotten {
        std::string topic{};
        std::string epoch{};
        std::uint64_t last = 0;
    };
    static constexpr std::size_t most_forgotten = 4'096;
    using Topics = std::map<std::string, State, std::less<>>;

    const HistoryOptions& bounds_of(const State& state) const { return state.options.history ? *state.options.history : history_; }

    /// Of the topic itself, or of the nearest pattern above it.
    const ChannelTopicOptions& options_of(std::string_view topic) const {
        static const ChannelTopicOptions none{};
        if (configured_.empty()) return none;
        if (const auto exact = configured_.find(topic); exact != configured_.end()) return exact->second;
        const ChannelTopicOptions* nearest = &none;
        std::string pattern;
        for_each_covering_prefix(topic, [&](std::string_view prefix) {
            pattern.assign(prefix).push_back('*');
            if (const auto found = configured_.find(pattern); found != configured_.end()) nearest = &found->second;
        });
        return *nearest;
    }

    template <class MakeRoom>
    State& reach(std::string_view topic, MakeRoom&& make_room) {
        if (const auto found = topics_.find(topic); found != topics_.end()) return found->second;
        if (topics_.size() >= most_) make_room();
        const auto [entry, added] = topics_.try_emplace(std::string{topic});
        if (!added) return entry->second;  // to make room may have led to a publication
        try {
            entry->second.epoch = epoch_;
            entry->second.options = options_of(topic);
            entry->second.place = latest_.insert(latest_.end(), entry->first);
        } catch (...) {
            topics_.erase(entry);
            throw;
        }
        return entry->second;
    }

    /// Of the topics published to longest ago those of which the numbers may begin anew: more than one, because where many have listeners
    /// others came without room. Those that have go to the end, so that they are not asked for every time.
    template <class Forget>
    void make_room(Forget&& forget_numbers) {
        constexpr int tries = 8, at_once = 2;
        int forgotten = 0;
        for (int i = 0; i < tries && forgotten < at_once && topics_.size() >= most_; ++i) {
            latest_.splice(latest_.end(), latest_, latest_.begin());
            // Nothing of what is kept here is held while that is asked: it may lead to a publication, which may make room itself.
            if (forget(latest_.back(), forget_numbers)) ++forgotten;
        }
        if (forgotten == 0) forget_a_past();
    }

    /// Where all have listeners the topics stay, but one less has a past.
    void forget_a_past() noexcept {
        if (latest_.empty()) return;
        State& state = topics_.find(latest_.front())->second;
        state.history.forget_all();
        latest_.splice(latest_.end(), latest_, state.place);
    }

    /// Calls `visit(name, state)` for the topic, or for each under the pattern.
    template <class Visit>
    void for_each_under(std::string_view name, Visit&& visit) {
        if (!is_pattern(name)) {
            if (const auto found = topics_.find(name); found != topics_.end()) visit(found->first, found->second);
            return;
        }
        const std::string_view prefix = name.substr(0, name.size() - 1);
        for (auto it = topics_.lower_bound(prefix); it != topics_.end() && it->first.starts_with(prefix); ++it)
            visit(it->first, it->second);
    }

    channel::Position position(std::string_view name) {
        channel::Position position{.epoch = epoch_};
        for_each_under(name, [&](const std::string& topic, const State& state) {
            if (is_pattern(name)) {
                position.positions.push_back({topic, state.history.last(), state.epoch != epoch_ ? state.epoch : std::string{}});
            } else {
                position.epoch = state.epoch;
                position.sequence = state.history.last();
            }
        });
        return position;
    }

    bool recover(const channel::Wish& wish, TimePoint now, std::vector<Frame>& frames) {
        const channel::Position& from = *wish.from;
        const auto take = [&](State& state, std::uint64_t after) {
            state.history.expire(now, bounds_of(state).age);
            if (!state.history.reaches(after)) return false;
            if (after != state.history.last()) frames.push_back(state.history.bundle_after(after));
            return true;
        };
        if (!is_pattern(wish.topic)) {
            const auto found = topics_.find(wish.topic);
            if (found == topics_.end()) return from.epoch == epoch_ && from.sequence == 0;
            return from.epoch == found->second.epoch && take(found->second, from.sequence);
        }
        const auto since = generation(from.epoch);
        if (!since || generation_ - *since > forgotten_.size()) return false;
        std::map<std::string_view, const channel::TopicPosition*> heard;
        for (const channel::TopicPosition& position : from.positions) heard.insert_or_assign(position.topic, &position);
        const auto position_in = [&](std::string_view topic) {
            const auto found = heard.find(topic);
            return found != heard.end() ? found->second : nullptr;
        };
        const auto epoch_of = [&](const channel::TopicPosition& position) -> const std::string& {
            return position.epoch.empty() ? from.epoch : position.epoch;
        };
        // From the last that was forgotten back: whoever has heard one of a name was there when those before it ended.
        std::set<std::string_view> settled;
        auto gone = forgotten_.rbegin();
        for (auto left = generation_ - *since; left > 0; --left, ++gone) {
            if (!covers(wish.topic, gone->topic) || settled.contains(gone->topic)) continue;
            const channel::TopicPosition* const position = position_in(gone->topic);
            const auto alive = topics_.find(gone->topic);
            const bool hears_the_next = position != nullptr && alive != topics_.end() && epoch_of(*position) == alive->second.epoch;
            const bool heard_it = position != nullptr && epoch_of(*position) == gone->epoch;
            if (heard_it ? position->sequence != gone->last : !hears_the_next && gone->last != 0) return false;
            if (heard_it || hears_the_next) settled.insert(gone->topic);
        }
        bool all = true;
        for_each_under(wish.topic, [&](const std::string& topic, State& state) {
            const channel::TopicPosition* const position = position_in(topic);
            all = all && take(state, position != nullptr && epoch_of(*position) == state.epoch ? position->sequence : 0);
        });
        return all;
    }

    /// How many topics had been forgotten when that was the epoch of patterns; none: it never was.
    std::optional<std::uint64_t> generation(std::string_view epoch) const {
        if (!epoch.starts_with(name_)) return std::nullopt;
        epoch.remove_prefix(name_.size());
        std::uint64_t number = 0;
        if (!epoch.empty()) {
            const auto [end, error] = std::from_chars(epoch.data() + 1, epoch.data() + epoch.size(), number);
            if (epoch.front() != '-' || error != std::errc{} || end != epoch.data() + epoch.size()) return std::nullopt;
        }
        return number <= generation_ ? std::optional{number} : std::nullopt;
    }

    static bool covers(std::string_view pattern, std::string_view topic) noexcept {
        return topic.starts_with(pattern.substr(0, pattern.size() - 1));
    }

    void add_retained(std::string_view name, std::vector<Frame>& frames) {
        for_each_under(name, [&](const std::string&, const State& state) {
            if (state.history.retained()) frames.push_back(state.history.retained());
        });
    }

    HistoryOptions history_;
    std::size_t most_;
    std::string name_;
    std::string epoch_;               ///< of topics that begin now, and of patterns
    std::uint64_t generation_ = 0;    ///< how many topics have been forgotten
    std::list<Forgotten> forgotten_;  ///< the last of them
    Topics topics_;
    std::list<std::string_view> latest_;  ///< names, the one published to longest ago first
    std::map<std::string, ChannelTopicOptions, std::less<>> configured_;
    std::string expired_up_to_;
};

}  // namespace kingbolt::engine
