#pragma once
// A client that hears all events of all topics, and checks and times each.

#include "bench/latencies.hpp"
#include "bench/stamp.hpp"
#include "member.hpp"
#include "result.hpp"
#include "sequence.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hubload {

/// What all receivers have heard together.
struct Heard {
    std::uint64_t received = 0, duplicates = 0, reordered = 0;
    bench::Latencies all{};     ///< of what was due after the warm-up
    bench::Latencies recent{};  ///< since somebody emptied it
    std::chrono::steady_clock::time_point warm_until = std::chrono::steady_clock::time_point::max();
    std::size_t bytes = 0;                  ///< of each event's data
    std::function<void()> on_subscribed{};  ///< for each topic of each receiver, once
};

class Receiver {
public:
    Receiver(const asio::any_io_executor& executor, const kb::ClientOptions& options, Roll& roll, Heard& heard,
             const std::vector<std::string>& topics)
        : heard_{heard}, sequences_(topics.size()), subscribed_(topics.size()), member_{executor, options, roll} {
        for (std::size_t i = 0; i < topics.size(); ++i)
            member_.client().subscribe(topics[i],
                                       {.on_event = [this, i](const kb::client::Event& event) { hear(sequences_[i], event.data); },
                                        .on_subscribed = [this, i](const kb::client::Subscribed&) { subscribed(i); },
                                        .on_refused =
                                            [](const kb::client::SubscriptionRefused& refused) {
                                                throw std::runtime_error{"the server does not let a client subscribe to " +
                                                                         refused.subscription + ": " + refused.failure.code};
                                            }});
    }

    Member& member() noexcept { return member_; }

    /// `published`: how many events each topic has had.
    std::uint64_t lost(const std::vector<std::uint64_t>& published) const noexcept {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < sequences_.size(); ++i) sum += sequences_[i].missing(published[i]);
        return sum;
    }

private:
    void hear(Sequence& sequence, std::string_view data) {
        const auto now = std::chrono::steady_clock::now();
        if (data.size() < 2) throw std::runtime_error{"an event came that this program did not publish"};
        const auto stamp = bench::read_stamp(data.substr(1, data.size() - 2), heard_.bytes);
        const auto arrival = sequence.take(stamp.number);
        if (arrival == Sequence::Arrival::repeated) {
            ++heard_.duplicates;
            return;
        }
        if (arrival == Sequence::Arrival::late) ++heard_.reordered;
        ++heard_.received;
        heard_.recent.add(now - stamp.due);
        if (stamp.due >= heard_.warm_until) heard_.all.add(now - stamp.due);
    }
    void subscribed(std::size_t topic) {
        if (subscribed_[topic]) return;
        subscribed_[topic] = true;
        heard_.on_subscribed();
    }

    Heard& heard_;
    std::vector<Sequence> sequences_;  // by topic
    std::vector<bool> subscribed_;     // likewise
    Member member_;
};

}  // namespace hubload
