#pragma once
// What channels keep and allow.

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace kingbolt {

/// How much of a topic's past is kept, whichever ends first. What is kept are the frames that were sent, by reference.
struct HistoryOptions {
    std::size_t events = 128;                ///< 0 to 65,536; 0: none
    std::size_t bytes = 1_MiB;               ///< up to 1 GiB, frame headers included
    Duration age = std::chrono::minutes{5};  ///< more than 0, at most 7 days

    bool operator==(const HistoryOptions&) const = default;

    /// Throws InvalidOption.
    void validate() const {
        if (events > 65'536)
            throw InvalidOption{"HistoryOptions.events", std::to_string(events), "0 to 65,536", "keep a longer past in a database"};
        if (bytes > 1_GiB)
            throw InvalidOption{"HistoryOptions.bytes", std::to_string(bytes), "0 to 1 GiB", "keep a longer past in a database"};
        if (age <= Duration::zero() || age > std::chrono::days{7})
            throw InvalidOption{"HistoryOptions.age", std::to_string(milliseconds(age)) + " ms", "more than 0, at most 7 days",
                                "use HistoryOptions{.events = 0} to keep nothing"};
    }
};

/// What may be said of a topic, or of all topics under a pattern, beside the hub's own TopicOptions.
struct ChannelTopicOptions {
    std::optional<HistoryOptions> history{};  ///< instead of ChannelOptions::history
    bool retain = false;                      ///< who subscribes gets the last event at once
    bool presence = false;                    ///< subscribers may ask who else is there
    bool client_publish = false;              ///< clients may publish, as far as the Authorizer lets them
};

struct ChannelOptions {
    HistoryOptions history{};  ///< of topics that have none of their own
    /// Topics of which numbers and history are kept; when there are more, those published to longest ago are forgotten, but for those with
    /// listeners. 1 to 1,000,000.
    std::size_t max_topics = 10'000;
    std::size_t max_calls = 16;                        ///< without an answer, per client; 1 to 10,000
    Duration max_deadline = std::chrono::seconds{30};  ///< of a call, and what one has that names none; 1 ms to 5 min
    unsigned max_malformed = 5;                      ///< messages in a row that are not readable, before the session is closed; 1 to 1,000
    std::size_t max_subscriptions_in_hello = 1'000;  ///< 1 to 100,000
    Duration ping_interval = std::chrono::seconds{30};  ///< what clients are told; that of the hub's KeepAlive
    /// Names the numbering. Empty: drawn by chance. Hubs that are linked by a backplane need the same.
    std::string epoch{};

    /// Throws InvalidOption.
    void validate() const {
        const auto within = [](const char* option, std::size_t value, std::size_t most, const char* range, const char* cure) {
            if (value < 1 || value > most) throw InvalidOption{option, std::to_string(value), range, cure};
        };
        history.validate();
        within("ChannelOptions.max_topics", max_topics, 1'000'000, "1 to 1,000,000", "spread the topics over several hubs");
        within("ChannelOptions.max_calls", max_calls, 10'000, "1 to 10,000", "register no method to allow no calls");
        within("ChannelOptions.max_malformed", max_malformed, 1'000, "1 to 1,000", "1 closes at once");
        within("ChannelOptions.max_subscriptions_in_hello", max_subscriptions_in_hello, 100'000, "1 to 100,000",
               "let clients subscribe to patterns");
        if (max_deadline < std::chrono::milliseconds{1} || max_deadline > std::chrono::minutes{5})
            throw InvalidOption{"ChannelOptions.max_deadline", std::to_string(milliseconds(max_deadline)) + " ms", "1 ms to 5 min",
                                "answer at once, and publish the result when it is there"};
        if (ping_interval < std::chrono::milliseconds{1} || ping_interval > std::chrono::hours{1})
            throw InvalidOption{"ChannelOptions.ping_interval", std::to_string(milliseconds(ping_interval)) + " ms", "1 ms to 1 h",
                                "give that of the hub's KeepAlive"};
        if (epoch.size() > 32)
            throw InvalidOption{"ChannelOptions.epoch", epoch.substr(0, 64), "at most 32 bytes", "a few letters and digits are enough"};
    }
};

}  // namespace kingbolt
