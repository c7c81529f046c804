#include "echo.hpp"

#include "bench/stamp.hpp"
#include "clients.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace load {
namespace {

using Steady = std::chrono::steady_clock;

class Echo {
public:
    Echo(const Target& target, const EchoPlan& plan)
        : plan_{plan}, clients_{target.port, "/", plan.connections}, state_(plan.connections) {}

    void run_for(std::chrono::milliseconds length, Measured& measured) {
        const auto end = Steady::now() + length;
        std::uint64_t under_way = plan_.connections * plan_.in_flight;
        for (std::size_t i = 0; i < clients_.size(); ++i) send(i, plan_.in_flight);
        for (auto last_came = Steady::now(); under_way != 0;) {
            const auto ready = clients_.wait(std::chrono::milliseconds{0});
            const auto now = Steady::now();
            if (!ready.empty()) last_came = now;
            if (now - last_came > patience) throw std::runtime_error{"echoes are missing"};
            for (const std::size_t index : ready) {
                const std::size_t came = read(index, measured);
                measured.count += came;
                if (now < end)
                    send(index, came);
                else
                    under_way -= came;
            }
        }
    }

private:
    struct State {
        std::uint64_t sent = 0, came = 0;
    };

    // What came together is answered together, in one `send`.
    void send(std::size_t index, std::size_t messages) {
        frames_.clear();
        const auto now = Steady::now();
        for (std::size_t i = 0; i < messages; ++i)
            append_masked_frame(frames_, text, bench::stamped({++state_[index].sent, now}, plan_.bytes));
        clients_[index].send(frames_);
    }

    std::size_t read(std::size_t index, Measured& measured) {
        std::size_t came = 0;
        const auto now = Steady::now();
        clients_.read(index, [&](unsigned, std::string_view payload) {
            const auto stamp = bench::read_stamp(payload, plan_.bytes);
            if (stamp.number != ++state_[index].came) throw std::runtime_error{"an echo was lost or came twice"};
            measured.latencies.add(now - stamp.due);
            ++came;
        });
        return came;
    }

    const EchoPlan& plan_;
    Clients clients_;
    std::vector<State> state_;  // by client
    std::string frames_;
};

}  // namespace

Measured run_echo(const Target& target, const EchoPlan& plan) {
    Echo echo{target, plan};
    Measured warm_up, measured;
    echo.run_for(target.warm_up, warm_up);
    measure(measured, target.server_pid, [&] { echo.run_for(target.length, measured); });
    return measured;
}

}  // namespace load
