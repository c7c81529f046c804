#pragma once
// Who is on a topic, and what has changed about it since the last tick.

#include <kingbolt/core/channel.hpp>
#include <kingbolt/core/session_id.hpp>

#include <algorithm>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::engine {

class Presence {
public:
    struct Changes {
        std::vector<channel::Member> joined{};
        std::vector<std::string> left{};
    };

    /// Changes nothing for one who is there already. Throws std::bad_alloc; it is not there then.
    void join(std::string_view topic, SessionId session, channel::Member member) {
        auto found = topics_.find(topic);
        if (found == topics_.end()) found = topics_.emplace(std::string{topic}, Topic{}).first;
        Topic& there = found->second;
        if (there.members.contains(session)) return;
        changed_.insert(found->first);  // a topic to which nobody comes after all goes at the next tick
        std::set<std::string_view>& topics = of_session_[session];
        there.members.emplace(session, std::move(member));
        try {
            there.joined.push_back(session);
            topics.insert(found->first);
        } catch (...) {
            std::erase(there.joined, session);
            there.members.erase(session);
            throw;
        }
    }

    /// From now on `session`, which has joined, is told of changes.
    void watch(std::string_view topic, SessionId session) {
        if (const auto found = topics_.find(topic); found != topics_.end()) found->second.watchers.insert(session);
    }

    void unwatch(std::string_view topic, SessionId session) noexcept {
        if (const auto found = topics_.find(topic); found != topics_.end()) found->second.watchers.erase(session);
    }

    std::vector<channel::Member> members(std::string_view topic) const {
        std::vector<channel::Member> all;
        if (const auto found = topics_.find(topic); found != topics_.end())
            for (const auto& [session, member] : found->second.members) all.push_back(member);
        return all;
    }

    void leave(std::string_view topic, SessionId session) noexcept {
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

    /// For each topic that has changed and that somebody watches, `write(topic, Changes)` makes what `tell(watchers, written)` then tells,
    /// and it begins anew. `tell` may end sessions. What `write` throws leaves the changes for the next time.
    template <class Write, class Tell>
    void for_each_change(Write&& write, Tell&& tell) {
        while (!changed_.empty()) settle(changed_.begin(), write, tell);
    }
    /// Likewise for one topic.
    template <class Write, class Tell>
    void changes_of(std::string_view topic, Write&& write, Tell&& tell) {
        if (const auto found = changed_.find(topic); found != changed_.end()) settle(found, write, tell);
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

    template <class Write, class Tell>
    void settle(std::set<std::string_view>::iterator change, Write&& write, Tell&& tell) {
        const std::string_view name = *change;
        const auto found = topics_.find(name);
        Topic& topic = found->second;
        const std::vector<SessionId> watchers{topic.watchers.begin(), topic.watchers.end()};
        Changes changes{.left = topic.left};
        for (const SessionId session : topic.joined) changes.joined.push_back(topic.members.at(session));
        const bool is_news = !watchers.empty() && (!changes.joined.empty() || !changes.left.empty());
        const auto written = is_news ? std::optional{write(name, std::as_const(changes))} : std::nullopt;
        // It is written, so nothing gets lost any more.
        changed_.erase(change);
        topic.joined.clear();
        topic.left.clear();
        if (written) tell(watchers, *written);
        // Not while it has changed again: to tell may have ended somebody.
        if (topic.members.empty() && !changed_.contains(name)) topics_.erase(found);
    }

    std::map<std::string, Topic, std::less<>> topics_;
    std::map<SessionId, std::set<std::string_view>> of_session_;  ///< names as in topics_
    std::set<std::string_view> changed_;
};

}  // namespace kingbolt::engine
