#pragma once
// Who listens to what. A publication visits the members of its topic and of the patterns that cover it, and nothing else:
// no allocation, no look-up per subscriber.
//
// A subscription costs 8 bytes on the topic's side and 8 on the session's; each side knows its place on the other, so that
// both end in constant time.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/engine/block_array.hpp>
#include <kingbolt/engine/short_list.hpp>
#include <kingbolt/engine/topic_name.hpp>
#include <kingbolt/policy/topic_options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kingbolt::engine {

class TopicIndex {
public:
    using SessionIndex = std::uint32_t;
    static constexpr std::size_t max_topics = 0x00FF'FFFF;

    /// Holds at most `most` topics and patterns at a time.
    explicit TopicIndex(std::size_t most = max_topics) : most_topics_{std::min(most, max_topics)} {}

    /// The topic or pattern of that name, made if there is none. `name` must be subscribable. Throws std::length_error when there
    /// are too many.
    TopicId intern(std::string_view name) {
        if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
        const TopicId id = new_id();
        Topic& topic = at(id);
        topic.name = name;
        by_name_.emplace(topic.name, id);
        if (is_pattern(name)) ++pattern_changes_;
        return id;
    }

    /// True when the session was not a member yet. Throws as `intern` does.
    bool subscribe(SessionIndex session, std::string_view name) {
        const TopicId id = intern(name);
        of_session_.reach(session);
        if (find(session, id) != nowhere) return false;
        auto& members = at(id).members;
        auto& list = of_session_[session];
        members.push_back({session, static_cast<std::uint32_t>(list.size())});
        try {
            list.push_back({id, static_cast<std::uint32_t>(members.size() - 1)});
        } catch (...) {  // the two sides always agree
            members.pop_back();
            throw;
        }
        ++subscriptions_;
        return true;
    }

    /// True when the session was a member.
    bool unsubscribe(SessionIndex session, std::string_view name) {
        const auto found = by_name_.find(name);
        if (found == by_name_.end() || session >= of_session_.size()) return false;
        const std::uint32_t place = find(session, found->second);
        if (place == nowhere) return false;
        remove(session, place);
        return true;
    }

    void unsubscribe_all(SessionIndex session) {
        if (session >= of_session_.size()) return;
        auto& list = of_session_[session];
        while (!list.empty()) remove(session, static_cast<std::uint32_t>(list.size() - 1));
        list.clear();
    }

    std::size_t subscriptions_of(SessionIndex session) const noexcept {
        return session < of_session_.size() ? of_session_[session].size() : 0;
    }

    /// Calls `visit(name)` for each topic and pattern of a session. `visit` must not change the index.
    template <class Visit>
    void for_each_topic_of(SessionIndex session, Visit&& visit) const {
        if (session >= of_session_.size()) return;
        for (const Subscription& subscription : of_session_[session]) visit(name(subscription.topic));
    }

    /// The next sequence number of a topic, from 1.
    std::uint64_t next_sequence(TopicId id) noexcept { return ++at(id).sequence; }

    /// The last one given out was not used after all.
    void take_back_sequence(TopicId id, std::uint64_t sequence) noexcept {
        if (at(id).id == id && at(id).sequence == sequence) --at(id).sequence;
    }

    /// One that somebody else has given out; those that follow come after it.
    void note_sequence(TopicId id, std::uint64_t sequence) noexcept { at(id).sequence = sequence; }

    /// Options of the topic itself, or of the nearest pattern above it that has any.
    void configure(std::string_view name, TopicOptions options) {
        Topic& topic = at(intern(name));
        topic.options = options;
        topic.configured = true;
        ++pattern_changes_;
    }
    const TopicOptions& options(TopicId id) { return at(covered(id).options_from).options; }

    /// After this, and as long as no subscription changes, `options` and `for_each_subscriber` of `id` cannot fail. Throws
    /// std::bad_alloc.
    void prepare(TopicId id) {
        covered(id);
        reach_all_listeners();
    }

    /// Calls `visit(session)` once for each session that hears `id`, in no particular order. `visit` must not change the index.
    template <class Visit>
    void for_each_subscriber(TopicId id, Visit&& visit) {
        Topic& topic = covered(id);
        std::size_t lists = topic.members.empty() ? 0 : 1;
        for (const TopicId pattern : topic.patterns) lists += at(pattern).members.empty() ? 0 : 1;
        if (lists <= 1) {
            visit_members(topic, visit);
            for (const TopicId pattern : topic.patterns) visit_members(at(pattern), visit);
            return;
        }
        // A session may listen to the topic and to a pattern above it, and still hears each message once.
        ++round_;
        reach_all_listeners();
        const auto once = [&](SessionIndex session) {
            if (std::exchange(heard_[session], round_) != round_) visit(session);
        };
        visit_members(topic, once);
        for (const TopicId pattern : topic.patterns) visit_members(at(pattern), once);
    }

    /// Forgets a topic nobody publishes to any more: its sequence numbers start anew. Members keep it alive.
    bool forget(std::string_view name) {
        const auto found = by_name_.find(name);
        if (found == by_name_.end() || !at(found->second).members.empty()) return false;
        erase(found->second);
        return true;
    }

    /// Empty when the topic has been forgotten.
    std::string_view name(TopicId id) const noexcept {
        return id != Label::no_topic && slot(id) < topics_.size() && topics_[slot(id)].id == id ? topics_[slot(id)].name
                                                                                                : std::string_view{};
    }

    std::size_t topics() const noexcept { return by_name_.size(); }
    std::size_t subscriptions() const noexcept { return subscriptions_; }

private:
    struct Member {
        SessionIndex session;
        std::uint32_t place;  // in of_session_[session]
    };
    struct Subscription {
        TopicId topic;
        std::uint32_t place;  // in the topic's members
    };
    struct Topic {
        TopicId id = Label::no_topic;
        std::string name;
        std::uint64_t sequence = 0;
        std::vector<Member> members;
        std::vector<TopicId> patterns;  // that cover this topic, as of `patterns_as_of`
        std::uint64_t patterns_as_of = 0;
        TopicId options_from = 0;
        TopicOptions options;
        bool configured = false;
    };
    static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;

    // An id is a slot and, in its high byte, how often the slot was used: a queued frame's old label names nobody new before
    // the slot has been used 256 times.
    static constexpr std::uint32_t slot(TopicId id) noexcept { return id & 0x00FF'FFFFU; }
    Topic& at(TopicId id) noexcept { return topics_[slot(id)]; }

    TopicId new_id() {
        if (by_name_.size() >= most_topics_) throw std::length_error{"kingbolt: too many topics"};
        if (free_.empty()) {
            topics_.emplace_back();
            return topics_.back().id = static_cast<TopicId>(topics_.size() - 1);
        }
        const TopicId id = free_.front();
        free_.pop_front();
        at(id) = Topic{};  // who asked about the one before once more has left its patterns here
        return at(id).id = id;
    }

    void erase(TopicId id) {
        Topic& topic = at(id);
        if (is_pattern(topic.name)) ++pattern_changes_;
        by_name_.erase(topic.name);
        topic = Topic{};
        try {
            free_.push_back(id + 0x0100'0000U);
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the slot is lost; a session that ends must not fail
        }
    }

    // Where a subscription stands in its session's list. The shorter of the two sides is searched: a session of many topics
    // and a topic of many sessions both find their newcomers fast.
    std::uint32_t find(SessionIndex session, TopicId id) noexcept {
        auto& list = of_session_[session];
        const auto& members = at(id).members;
        if (members.size() < list.size()) {
            const auto found = std::ranges::find(members, session, &Member::session);
            return found == members.end() ? nowhere : found->place;
        }
        const auto found = std::ranges::find(list, id, &Subscription::topic);
        return found == list.end() ? nowhere : static_cast<std::uint32_t>(found - list.begin());
    }

    // `list = {}` would keep the memory.
    template <class T>
    static void release(std::vector<T>& list) noexcept {
        std::vector<T>{}.swap(list);
    }

    void remove(SessionIndex session, std::uint32_t place) {
        auto& list = of_session_[session];
        const Subscription gone = list[place];
        Topic& topic = at(gone.topic);
        // The last of each list moves into the gap, and its other side is told.
        topic.members[gone.place] = topic.members.back();
        const Member moved = topic.members[gone.place];
        of_session_[moved.session][moved.place].place = gone.place;
        topic.members.pop_back();
        if (place + 1 != list.size()) {
            list[place] = list.back();
            at(list[place].topic).members[list[place].place].place = place;
        }
        list.pop_back();
        --subscriptions_;
        if (!topic.members.empty()) return;
        release(topic.members);
        if (topic.sequence == 0 && !topic.configured) erase(gone.topic);
    }

    void reach_all_listeners() {
        if (of_session_.size() != 0) heard_.reach(of_session_.size() - 1);
    }

    template <class Visit>
    static void visit_members(const Topic& topic, Visit&& visit) {
        for (const Member& member : topic.members) visit(member.session);
    }

    // The patterns above a topic are looked up again only when patterns came or went.
    Topic& covered(TopicId id) {
        Topic& topic = at(id);
        if (topic.patterns_as_of == pattern_changes_) return topic;
        topic.patterns.clear();
        topic.options_from = id;
        for_each_covering_prefix(topic.name, [&](std::string_view prefix) {
            pattern_name_.assign(prefix).push_back('*');
            const auto found = by_name_.find(std::string_view{pattern_name_});
            if (found == by_name_.end()) return;
            topic.patterns.push_back(found->second);
            if (!topic.configured && at(found->second).configured) topic.options_from = found->second;
        });
        topic.patterns_as_of = pattern_changes_;
        return topic;
    }

    std::size_t most_topics_;
    std::vector<Topic> topics_;
    std::unordered_map<std::string, TopicId, TopicHash, std::equal_to<>> by_name_;
    std::deque<TopicId> free_;
    BlockArray<ShortList<Subscription>> of_session_;
    BlockArray<std::uint64_t> heard_;  // by session: the last round that reached it
    std::uint64_t round_ = 0;
    std::uint64_t pattern_changes_ = 1;
    std::size_t subscriptions_ = 0;
    std::string pattern_name_;
};

}  // namespace kingbolt::engine
