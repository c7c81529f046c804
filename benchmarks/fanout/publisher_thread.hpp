#pragma once
// A thread of the application that publishes at a fixed rate, whatever the hub's loop is doing.

#include "bench/stamp.hpp"

#include <kingbolt/core/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <thread>

namespace fanout {

template <class Hub>
class PublisherThread {
public:
    PublisherThread(Hub& hub, unsigned per_second)
        : thread_{[&hub, per_second](const std::stop_token& stop) { run(hub, per_second, stop); }} {}

private:
    static constexpr std::size_t message_size = 64;

    static void run(Hub& hub, unsigned per_second, const std::stop_token& stop) {
        const auto start = std::chrono::steady_clock::now();
        for (std::uint64_t number = 1; !stop.stop_requested(); ++number) {
            // From the start: a late message makes none of the later ones late.
            const auto due = start + std::chrono::nanoseconds{number * 1'000'000'000 / per_second};
            std::this_thread::sleep_until(due);
            hub.publish("all", kingbolt::Message{bench::stamped({number, due}, message_size)});
        }
    }

    std::jthread thread_;
};

}  // namespace fanout
