#pragma once
// An observer that knows what every subscriber must have received: each publication of a topic while it was subscribed, in
// order, but for those that a Dropped event declared. Publications are texts that begin with `topic sequence `.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/event.hpp>
#include <kingbolt/policy/outbox.hpp>
#include <kingbolt/testing/peer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::test {

class DeliveryAudit {
public:
    using slot = kingbolt::slot::observer;

    DeliveryAudit(std::vector<std::string> topics, Outbox bounds) : bounds_{bounds} {
        for (auto& topic : topics) last_[std::move(topic)] = 0;
    }

    /// The payload of a publication; call it from where the hub gives the sequence number.
    std::string publication(const std::string& topic, std::uint64_t sequence, std::uint64_t key, std::size_t padding) {
        require(sequence == last_[topic] + 1, topic + ": a sequence number is not the last one's successor");
        last_[topic] = sequence;
        newest_[topic][key] = sequence;
        keys_[topic].push_back(key);
        return topic + ' ' + std::to_string(sequence) + ' ' + std::string(padding, '.');
    }

    void operator()(const event::Subscribed& e) {
        for (const auto& [topic, sequence] : last_) {
            if (!covers(e.topic, topic)) continue;
            Share& share = sessions_[e.session][topic];
            if (share.subscriptions++ == 0) share.owed.push_back({sequence + 1, ongoing});
        }
    }
    void operator()(const event::Unsubscribed& e) {
        for (const auto& [topic, sequence] : last_) {
            if (!covers(e.topic, topic)) continue;
            Share& share = sessions_[e.session][topic];
            if (--share.subscriptions == 0) share.owed.back().second = sequence;
        }
    }
    void operator()(const event::Dropped& e) {
        if (e.topic.empty()) return;
        require(sessions_[e.session][e.topic].dropped.insert(e.sequence).second, "a message was dropped twice");
        const bool superseded = newest_[e.topic][keys_[e.topic].at(e.sequence - 1)] > e.sequence;
        require(!e.conflated || superseded, "a message was conflated, but no newer one has its key");
    }
    void operator()(const event::QueueHigh& e) {
        require(e.bytes <= bounds_.max_bytes, "more bytes queued than the outbox allows");
        require(e.messages <= bounds_.max_messages, "more messages queued than the outbox allows");
    }
    /// The decision: what is published from here on is not owed, and must not come.
    void operator()(const event::Closing& e) { settle(e.session); }
    void operator()(const event::Closed& e) {
        settle(e.session);
        require(e.queued_bytes <= bounds_.max_bytes, "more bytes queued at the end than the outbox allows");
        require(e.queued_messages <= bounds_.max_messages, "more messages queued at the end than the outbox allows");
    }

    /// Compares what a peer has with what it was owed. A drain's Close frame comes behind all of it.
    void check(const testing::Peer& peer) {
        std::map<std::string, std::vector<std::uint64_t>> received;
        for (const auto& message : peer.received()) {
            std::istringstream words{message.payload};
            std::string topic;
            std::uint64_t sequence = 0;
            if (words >> topic >> sequence && last_.contains(topic)) received[topic].push_back(sequence);
        }
        for (const auto& [topic, share] : sessions_[peer.id()]) check(peer, topic, share, received[topic]);
        for (const auto& [topic, sequences] : received) {
            require(sessions_[peer.id()].contains(topic) || sequences.empty(), "received what was never subscribed: " + topic);
        }
    }

    /// What was wrong, in order.
    const std::vector<std::string>& faults() const noexcept { return faults_; }
    std::uint64_t published() const noexcept {
        std::uint64_t n = 0;
        for (const auto& [topic, sequence] : last_) n += sequence;
        return n;
    }

private:
    static constexpr std::uint64_t ongoing = std::numeric_limits<std::uint64_t>::max();

    struct Share {
        int subscriptions = 0;                                      ///< exact and wildcard ones that cover the topic
        std::vector<std::pair<std::uint64_t, std::uint64_t>> owed;  ///< first and last sequence number of each time it was subscribed
        std::set<std::uint64_t> dropped;
    };

    static bool covers(std::string_view pattern, std::string_view topic) {
        if (!pattern.ends_with('*')) return pattern == topic;
        return topic.starts_with(pattern.substr(0, pattern.size() - 1));
    }

    void settle(SessionId session) {
        for (auto& [topic, share] : sessions_[session]) {
            if (share.subscriptions > 0) share.owed.back().second = last_[topic];
            share.subscriptions = 0;
        }
    }

    void check(const testing::Peer& peer, const std::string& topic, const Share& share, const std::vector<std::uint64_t>& received) {
        const auto fault = [&](std::uint64_t sequence, const char* what) {
            std::ostringstream text;
            text << "peer " << peer.id() << ' ' << topic << ' ' << sequence << ": " << what;
            require(false, text.str());
        };
        for (std::size_t i = 1; i < received.size(); ++i) {
            if (received[i] <= received[i - 1]) fault(received[i], "out of order");
        }
        const std::set<std::uint64_t> have(received.begin(), received.end());
        const bool drained = peer.close_code() == CloseCode::server_drain;
        const std::uint64_t until = drained ? ongoing : received.empty() ? 0 : received.back();
        std::set<std::uint64_t> owed;
        for (const auto& [first, last] : share.owed) {
            for (std::uint64_t n = first; n <= last; ++n) {
                owed.insert(n);
                if (n <= until && !have.contains(n) && !share.dropped.contains(n)) fault(n, "a gap that nobody declared");
                if (have.contains(n) && share.dropped.contains(n)) fault(n, "received though declared dropped");
            }
        }
        for (const std::uint64_t n : received) {
            if (!owed.contains(n)) fault(n, "received though not subscribed, or after the decision to close");
        }
    }

    void require(bool right, const std::string& wrong) {
        if (!right) faults_.push_back(wrong);
    }

    Outbox bounds_;
    std::map<std::string, std::uint64_t> last_;
    std::map<std::string, std::map<std::uint64_t, std::uint64_t>> newest_;  // by topic and key, the last sequence number
    std::map<std::string, std::vector<std::uint64_t>> keys_;                // by topic, of each publication
    std::map<SessionId, std::map<std::string, Share>> sessions_;
    std::vector<std::string> faults_;
};

}  // namespace kingbolt::test
