#include "rate.hpp"

#include "subscribers.hpp"

#include <chrono>
#include <string>

namespace load {
namespace {

using Steady = std::chrono::steady_clock;

class Rate {
public:
    Rate(const Target& target, const RatePlan& plan)
        : plan_{plan}, subscribers_{target.port, plan.subscribers, plan.bytes}, publisher_{{.port = target.port, .path = "/publish"}} {
        publisher_.await_upgrade();
    }

    void run_for(std::chrono::milliseconds length, Measured& measured) {
        const auto start = Steady::now();
        const auto messages = static_cast<std::uint64_t>(length.count()) * plan_.per_second / 1000;
        for (std::uint64_t i = 1; i <= messages; ++i) {
            const auto due = start + std::chrono::nanoseconds{i * 1'000'000'000 / plan_.per_second};
            while (Steady::now() < due) subscribers_.poll(measured);
            frame_.clear();
            append_masked_frame(frame_, text, bench::stamped({++sent_, due}, plan_.bytes));
            publisher_.send(frame_);
        }
        subscribers_.await(messages * plan_.subscribers, measured);
    }

private:
    const RatePlan& plan_;
    Subscribers subscribers_;
    Client publisher_;
    std::string frame_;
    std::uint64_t sent_ = 0;
};

}  // namespace

Measured run_rate(const Target& target, const RatePlan& plan) {
    Rate rate{target, plan};
    Measured warm_up, measured;
    rate.run_for(target.warm_up, warm_up);
    measure(measured, target.server_pid, [&] { rate.run_for(target.length, measured); });
    return measured;
}

Measured run_listen(const Target& target, std::size_t subscribers) {
    Subscribers listening{target.port, subscribers, 64};
    const auto listen_for = [&](std::chrono::milliseconds length, Measured& measured) {
        for (const auto start = Steady::now(); Steady::now() - start < length;) listening.poll(measured);
    };
    Measured warm_up, measured;
    listen_for(target.warm_up, warm_up);
    // Without a pause in which the clients do not read: the server goes on publishing.
    const auto start = Steady::now();
    const auto before = cpu_time_of(target.server_pid);
    listen_for(target.length, measured);
    measured.server_cpu = cpu_time_of(target.server_pid) - before;
    measured.elapsed = Steady::now() - start;
    if (measured.count == 0) throw std::runtime_error{"the server publishes nothing"};
    return measured;
}

}  // namespace load
