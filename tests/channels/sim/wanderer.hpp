#pragma once
// A client of channels that loses its connection again and again, and checks that it is told the truth: what it is given has no gap that
// nobody admitted.

#include "support/catch.hpp"

#include <kingbolt/testing/simulation.hpp>

#include <rapidjson/document.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::test {

/// Subscribed to one topic or pattern. Events must bear a number that counts the publications of their topic, whatever the hub's own do.
class Wanderer {
public:
    explicit Wanderer(std::string topic) : topic_{std::move(topic)} {}

    bool is_connected() const noexcept { return peer_ != nullptr; }
    testing::Peer* peer() const noexcept { return peer_; }
    void connect(testing::Peer& peer) {
        peer_ = &peer;
        greeted_ = welcomed_ = false;
    }

    /// Says hello when it can, and takes in what has come.
    void pump() {
        if (peer_ == nullptr) return;
        if (!greeted_ && peer_->is_open()) {
            peer_->send_text(hello());
            greeted_ = true;
        }
        for (const auto& message : peer_->take_messages()) take(message.payload);
        if (peer_->has_ended() || peer_->has_vanished()) peer_ = nullptr;
    }

    /// Of a topic: how many publications there have been when it heard the last.
    const std::map<std::string, std::uint64_t>& heard() const noexcept { return heard_; }
    const std::vector<std::string>& faults() const noexcept { return faults_; }
    std::uint64_t recovered_events = 0, recovered = 0, not_recovered = 0, live_events = 0;

private:
    bool is_pattern() const { return topic_.ends_with('*'); }

    std::string hello() const {
        std::string text = R"({"type":"hello","subs":[{"topic":")" + topic_ + '"';
        if (!epoch_.empty()) {
            text += R"(,"epoch":")" + epoch_ + '"';
            if (is_pattern()) {
                text += R"(,"positions":[)";
                for (const auto& [topic, at] : positions_)
                    text +=
                        (text.ends_with('[') ? "" : ",") + (R"({"topic":")" + topic + R"(","seq":)" + std::to_string(at.sequence) + "}");
                text += ']';
            } else {
                text += R"(,"seq":)" + std::to_string(positions_.at(topic_).sequence);
            }
        }
        return text + "}]}";
    }

    void take(const std::string& text) {
        rapidjson::Document message;
        message.Parse(text.data(), text.size());
        require(!message.HasParseError() && message.IsObject(), "not JSON: " + text);
        const std::string type = message["type"].GetString();
        if (type == "welcome") return begin(message["subs"][0]);
        if (type == "event") return hear(message);
        require(type == "bye", "unexpected: " + text);
    }

    void begin(const rapidjson::Value& result) {
        require(!result.HasMember("error"), "refused");
        const bool had_position = !epoch_.empty();
        const bool all = result.HasMember("recovered") && result["recovered"].GetBool();
        require(result.HasMember("recovered") == had_position, "an answer to another question");
        welcomed_ = true;
        if (had_position) ++(all ? recovered : not_recovered);
        target_.clear();
        std::map<std::string, At> before;
        if (all) before.swap(positions_);
        const auto add = [&](const std::string& topic, std::uint64_t sequence, const rapidjson::Value& epoch) {
            if (all) {
                target_[topic] = sequence;
                // What is not in the result any more is no more; what is new begins at 0.
                if (const auto found = before.find(topic); found != before.end()) positions_.insert(*found);
            } else {
                positions_[topic] = {epoch.GetString(), sequence};
            }
        };
        if (!all) {
            positions_.clear();
            admitted_ = true;
            fresh_.clear();
        }
        epoch_ = result["epoch"].GetString();
        if (is_pattern())
            for (const auto& position : result["positions"].GetArray())
                add(position["topic"].GetString(), position["seq"].GetUint64(), (position.HasMember("epoch") ? position : result)["epoch"]);
        else
            add(topic_, result["seq"].GetUint64(), result["epoch"]);
    }

    void hear(const rapidjson::Value& event) {
        require(welcomed_, "an event before the welcome");
        const std::string topic = event["topic"].GetString();
        const std::string epoch = event["epoch"].GetString();
        const std::uint64_t sequence = event["seq"].GetUint64();
        const std::uint64_t number = event["data"].GetUint64();
        auto& at = positions_[topic];
        if (at.epoch == epoch && sequence <= at.sequence) return;  // retained, or told twice
        // Numbers that begin anew: it was there, and nothing can have come between.
        require((at.epoch == epoch ? at.sequence : 0) + 1 == sequence, topic + ": a gap in the numbers at " + std::to_string(sequence));
        at = {epoch, sequence};
        // After an admitted loss the first may be any; from then on there must be no hole.
        const bool may_jump = admitted_ && !fresh_.contains(topic);
        auto& heard = heard_[topic];
        require(may_jump ? number > heard : number == heard + 1,
                topic + ": publication " + std::to_string(number) + " after " + std::to_string(heard));
        heard = number;
        fresh_[topic] = true;
        const auto target = target_.find(topic);
        ++(target != target_.end() && sequence <= target->second ? recovered_events : live_events);
    }

    void require(bool right, const std::string& wrong) {
        if (!right) faults_.push_back(topic_ + ": " + wrong);
    }

    struct At {
        std::string epoch{};
        std::uint64_t sequence = 0;
    };

    std::string topic_;
    testing::Peer* peer_ = nullptr;
    bool greeted_ = false;
    bool welcomed_ = false;
    bool admitted_ = false;  ///< that something was lost, or never asked for
    std::string epoch_;
    std::map<std::string, At> positions_;
    std::map<std::string, std::uint64_t> target_;  ///< up to where events are the past
    std::map<std::string, bool> fresh_;            ///< topics heard since the last admission
    std::map<std::string, std::uint64_t> heard_;
    std::vector<std::string> faults_;
};

}  // namespace kingbolt::test
