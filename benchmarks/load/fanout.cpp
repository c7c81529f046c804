#include "fanout.hpp"

#include "clients.hpp"
#include "server_cpu.hpp"

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace load {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t number_size = 16;
constexpr auto patience = 10s;

std::string numbered(std::uint64_t number, std::size_t size) {
    std::string payload(size, 'x');
    char digits[number_size];
    const auto end = std::to_chars(digits, digits + number_size, number, 16).ptr;
    const auto length = static_cast<std::size_t>(end - digits);
    payload.replace(0, number_size, std::string(number_size - length, '0').append(digits, length));
    return payload;
}

std::uint64_t number_of(std::string_view payload, std::size_t size) {
    std::uint64_t number = 0;
    if (payload.size() != size ||
        std::from_chars(payload.data(), payload.data() + number_size, number, 16).ptr != payload.data() + number_size)
        throw std::runtime_error{"a message was changed on its way"};
    return number;
}

class Fanout {
public:
    explicit Fanout(const FanoutPlan& plan)
        : plan_{plan}, subscribers_{plan.port, "/", plan.subscribers}, publisher_{plan.port, "/publish"}, heard_(plan.subscribers) {}

    void run_for(std::chrono::milliseconds length, FanoutResult& result) {
        const auto start = Steady::now();
        const auto before = cpu_time_when_asleep();
        while (Steady::now() - start < length) round(result);
        result.elapsed = Steady::now() - start;
        result.server_cpu = cpu_time_when_asleep() - before;
    }

private:
    void round(FanoutResult& result) {
        std::string frames;
        for (std::size_t i = 0; i < plan_.in_a_row; ++i) frames += masked_frame(text, numbered(++sent_, plan_.bytes));
        const auto sent_at = Steady::now();
        publisher_.send(frames);
        std::uint64_t missing = plan_.subscribers * plan_.in_a_row;
        result.deliveries += missing;
        // It polls instead of sleeping: the server would pay for waking it up, and in a virtual machine that costs many deliveries.
        for (auto last_came = sent_at; missing != 0;) {
            const bool came = subscribers_.receive(0ms, [&](std::size_t subscriber, unsigned, std::string_view payload, SteadyTime when) {
                if (number_of(payload, plan_.bytes) != ++heard_[subscriber]) throw std::runtime_error{"a message was lost or came twice"};
                result.latencies.add(when - sent_at);
                --missing;
                last_came = when;
            });
            if (!came && Steady::now() - last_came > patience) throw std::runtime_error{"deliveries are missing"};
        }
    }

    // The last message may arrive before the server has finished its turn.
    std::chrono::nanoseconds cpu_time_when_asleep() const {
        std::this_thread::sleep_for(5ms);
        return cpu_time_of(plan_.server_pid);
    }

    const FanoutPlan& plan_;
    Clients subscribers_;
    Client publisher_;
    std::vector<std::uint64_t> heard_;  // by subscriber: the number of its latest message
    std::uint64_t sent_ = 0;
};

}  // namespace

FanoutResult run_fanout(const FanoutPlan& plan) {
    if (plan.bytes < number_size) throw std::invalid_argument{"a message has at least 16 bytes"};
    Fanout fanout{plan};
    FanoutResult warm_up, result;
    fanout.run_for(plan.warm_up, warm_up);
    fanout.run_for(plan.length, result);
    return result;
}

}  // namespace load
