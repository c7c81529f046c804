#include "fanout.hpp"

#include "event_text.hpp"
#include "subscribers.hpp"

#include <chrono>
#include <string>

namespace load {
namespace {

using Steady = std::chrono::steady_clock;

class Fanout {
public:
    Fanout(const Target& target, const FanoutPlan& plan)
        : plan_{plan},
          subscribers_{target.port, plan.subscribers, plan.bytes, plan.offer},
          publisher_{{.port = target.port, .path = "/publish"}} {
        publisher_.await_upgrade();
    }

    void run_for(std::chrono::milliseconds length, Measured& measured) {
        for (const auto start = Steady::now(); Steady::now() - start < length;) round(measured);
    }

private:
    std::string message(const bench::Stamp& stamp) const {
        return plan_.events ? event_text(stamp, plan_.bytes) : bench::stamped(stamp, plan_.bytes);
    }

    void round(Measured& measured) {
        frames_.clear();
        const auto now = Steady::now();
        for (std::size_t i = 0; i < plan_.in_a_row; ++i) append_masked_frame(frames_, text, message({++sent_, now}));
        const std::uint64_t deliveries = measured.count + plan_.subscribers * plan_.in_a_row;
        publisher_.send(frames_);
        subscribers_.await(deliveries, measured);
    }

    const FanoutPlan& plan_;
    Subscribers subscribers_;
    Client publisher_;
    std::string frames_;
    std::uint64_t sent_ = 0;
};

}  // namespace

Measured run_fanout(const Target& target, const FanoutPlan& plan) {
    Fanout fanout{target, plan};
    Measured warm_up, measured;
    fanout.run_for(target.warm_up, warm_up);
    measure(measured, target.server_pid, [&] { fanout.run_for(target.length, measured); });
    return measured;
}

}  // namespace load
