#pragma once
// Who is on a topic, and what has changed about it since the last tick.

#include <kingbolt/core/channel.hpp>
#include <kingbolt/core/session_id.hpp>

#include <algorithm>
#include <map>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::engine {

class Presence {
public:
    struct Changes {
        std::vector<SessionId> watchers{};
        std::vector<channel::Member> joined{};
        std::vector<std::string> left{};
    };

    /// Changes nothing for one who is there already. Throws std::bad_alloc.
    void join(std::string_view topic, SessionId session, channel::Member member) {
        auto found = topics_.find(topic);
        if (found == topics_.end()) found = topics_.emplace(std::string{topic}, Topic{}).first;
        Topic& there = found->second;
        if (there.members.contains(session)) return;
        of_session_[session].insert(found->first);
        there.joined.push_back(session);
        there.members.emplace(session, std::move(member));
        changed_.insert(found->first);
    }

    /// From now on `session`, which has joined, is told of changes.
    void watch(std::string_view topic, SessionId session) {
        if (const auto found = topics_.find(topic); found != topics_.end()) found->second.watchers.insert(session);
    }

    std::vector<channel::Member> members(std::string_view topic) const {
        std::vector<channel::Member> all;
        if (const auto found = topics_.find(topic); found != topics_.end())
            for (const auto& [session, member] : found->second.members) all.push_back(member);
        return all;
    }

    void leave(std::string_view topic, SessionId session) {
        const auto found = of_session_.find(session);
        if (found == of_session_.end()) return;
        const auto name = found->second.find(topic);
        if (name == found->second.end()) return;
        remove(*name, session);
        found->second.erase(name);
        if (found->second.empty()) of_session_.erase(found);
    }

    void leave_all(SessionId session) noexcept {
        const auto found = of_session_.find(session);
        if (found == of_session_.end()) return;
        for (const std::string_view topic : found->second) remove(topic, session);
        of_session_.erase(found);
    }

    /// Calls `tell(topic, Changes)` for each topic that somebody watches, and begins anew.
    template <class Tell>
    void for_each_change(Tell&& tell) {
        for (const std::string_view name : std::exchange(changed_, {})) settle(name, tell);
    }
    /// Likewise for one topic.
    template <class Tell>
    void changes_of(std::string_view topic, Tell&& tell) {
        const auto found = changed_.find(topic);
        if (found == changed_.end()) return;
        const std::string_view name = *found;
        changed_.erase(found);
        settle(name, tell);
    }

private:
    struct Topic {
        std::map<SessionId, channel::Member> members{};
        std::set<SessionId> watchers{};
        std::vector<SessionId> joined{};
        std::vector<std::string> left{};
    };

    void remove(std::string_view name, SessionId session) noexcept {
        Topic& topic = topics_.find(name)->second;
        const auto member = topic.members.find(session);
        // Who came and went between two ticks was never there.
        const bool was_told = std::erase(topic.joined, session) == 0;
        try {
            changed_.insert(name);
            if (was_told) topic.left.push_back(std::move(member->second.session));
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): it is gone all the same, only nobody is told
        }
        topic.members.erase(member);
        topic.watchers.erase(session);
    }

    template <class Tell>
    void settle(std::string_view name, Tell&& tell) {
        const auto found = topics_.find(name);
        Topic& topic = found->second;
        Changes changes{.watchers = {topic.watchers.begin(), topic.watchers.end()}};
        for (const SessionId session : std::exchange(topic.joined, {})) changes.joined.push_back(topic.members.at(session));
        changes.left = std::exchange(topic.left, {});
        if (!changes.watchers.empty() && (!changes.joined.empty() || !changes.left.empty())) tell(name, changes);
        // Not while it has changed again: to tell may have ended somebody.
        if (topic.members.empty() && !changed_.contains(name)) topics_.erase(found);
    }

    std::map<std::string, Topic, std::less<>> topics_;
    std::map<SessionId, std::set<std::string_view>> of_session_;  ///< names as in topics_
    std::set<std::string_view> changed_;
};

}  // namespace kingbolt::engine
