#include "recover.hpp"

#include "bench/past_events.hpp"
#include "clients.hpp"
#include "subscribers.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace load {
namespace {

using Steady = std::chrono::steady_clock;

class Recover {
public:
    Recover(const Target& target, const RecoverPlan& plan)
        : plan_{plan},
          subscribers_{target.port, plan.live.subscribers, plan.live.bytes},
          publisher_{{.port = target.port, .path = "/publish"}} {
        publisher_.await_upgrade();
        if (plan.clients > 0) returning_.emplace(target.port, "/recover", plan.clients);
        append_masked_frame(question_, text, R"({"type":"subscribe","id":1,"topic":"past","epoch":"bench","seq":0})");
    }

    void run_for(std::chrono::milliseconds length, Measured& measured) {
        for (std::chrono::milliseconds done{0}; done < length; done += storm_every) {
            run_one(measured);
            take_the_past();
        }
    }

private:
    static constexpr std::chrono::milliseconds storm_every{1000};

    void run_one(Measured& measured) {
        const std::uint64_t deliveries = measured.count;
        const auto start = Steady::now();
        const std::uint64_t messages = plan_.live.per_second;
        asked_ = 0;
        for (std::uint64_t i = 1; i <= messages; ++i) {
            const auto due = start + std::chrono::nanoseconds{i * 1'000'000'000 / plan_.live.per_second};
            while (Steady::now() < due) {
                subscribers_.poll(measured);
                if (i > messages / 2) ask_next();
            }
            frame_.clear();
            append_masked_frame(frame_, text, bench::stamped({++sent_, due}, plan_.live.bytes));
            publisher_.send(frame_);
        }
        while (returning_ && asked_ < returning_->size()) ask_next();
        subscribers_.await(deliveries + messages * plan_.live.subscribers, measured);
    }

    /// One after the other as fast as can be, but not while a message is due: that delay would not be the server's.
    void ask_next() {
        if (returning_ && asked_ < returning_->size()) (*returning_)[asked_++].send(question_);
    }

    /// Only now: what the generator does with the past is no delay of the server's. The kernel has kept it.
    void take_the_past() {
        if (!returning_) return;
        std::size_t missing = returning_->size() * (bench::past_events + 1);
        for (auto last_came = Steady::now(); missing > 0;) {
            if (returning_->receive(std::chrono::milliseconds{10}, [&](auto&&...) { --missing; }))
                last_came = Steady::now();
            else if (Steady::now() - last_came > patience)
                throw std::runtime_error{"a part of the past is missing"};
        }
    }

    const RecoverPlan& plan_;
    Subscribers subscribers_;
    Client publisher_;
    std::optional<Clients> returning_;
    std::string question_;
    std::string frame_;
    std::uint64_t sent_ = 0;
    std::size_t asked_ = 0;
};

}  // namespace

Measured run_recover(const Target& target, const RecoverPlan& plan) {
    Recover recover{target, plan};
    Measured warm_up, measured;
    recover.run_for(target.warm_up, warm_up);
    measure(measured, target.server_pid, [&] { recover.run_for(target.length, measured); });
    return measured;
}

}  // namespace load
