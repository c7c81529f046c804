#pragma once
// Clients that hear one publisher and check that each of them hears every message once and in order.

#include "bench/stamp.hpp"
#include "clients.hpp"
#include "inflate.hpp"
#include "measured.hpp"
#include "target.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace load {

class Subscribers {
public:
    Subscribers(std::uint16_t port, std::size_t count, std::size_t bytes, Offer offer = Offer::nothing)
        : clients_{port, "/", count, offer}, heard_(count), bytes_{bytes} {}

    std::size_t size() const noexcept { return clients_.size(); }

    /// Reads what has come, without waiting; false when there was nothing. Latencies run from the time at which a message was due.
    /// It never sleeps: the server would pay for waking it up, and in a virtual machine that costs many deliveries.
    bool poll(Measured& measured) {
        return clients_.receive(
            std::chrono::milliseconds{0}, [&](std::size_t subscriber, unsigned opcode, std::string_view payload, SteadyTime when) {
                const auto stamp =
                    bench::read_stamp(without_envelope((opcode & compressed) != 0 ? inflate_.message(payload) : payload), bytes_);
                std::uint64_t& latest = heard_[subscriber];
                // Who publishes already when a subscriber connects starts with any number.
                if (latest != 0 && stamp.number != latest + 1) throw std::runtime_error{"a message was lost or came twice"};
                latest = stamp.number;
                measured.latencies.add(when - stamp.due);
                ++measured.count;
            });
    }

    /// Polls until `deliveries` have been counted in all.
    void await(std::uint64_t deliveries, Measured& measured) {
        for (auto last_came = std::chrono::steady_clock::now(); measured.count < deliveries;) {
            if (poll(measured))
                last_came = std::chrono::steady_clock::now();
            else if (std::chrono::steady_clock::now() - last_came > patience)
                throw std::runtime_error{"deliveries are missing"};
        }
    }

private:
    /// Of an event of the JSON protocol its `data`, which is a string, and comes last.
    static std::string_view without_envelope(std::string_view payload) {
        if (!payload.starts_with('{')) return payload;
        constexpr std::string_view before = R"("data":")", behind = R"("})";
        payload.remove_prefix(std::min(payload.find(before), payload.size() - before.size()) + before.size());
        return payload.substr(0, payload.size() - behind.size());
    }

    Clients clients_;
    std::vector<std::uint64_t> heard_;  // by subscriber: the number of its latest message
    std::size_t bytes_;
    Inflate inflate_;
};

}  // namespace load
