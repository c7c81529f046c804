#include "honest.hpp"

#include "bench/latencies.hpp"
#include "clients.hpp"
#include "frames.hpp"
#include "target.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace attack {
namespace {

using Steady = std::chrono::steady_clock;
using load::SteadyTime;

constexpr std::size_t clients_per_address = 10;  // as many as the default bounds let in at once

class Honest {
public:
    explicit Honest(const HonestPlan& plan)
        : plan_{plan},
          clients_{plan.clients,
                   [&plan](std::size_t i) {
                       const auto group = static_cast<unsigned>(i / clients_per_address);
                       // Networks apart (/48), as bounds for one network are not what is looked at.
                       const std::string from = plan.address.find(':') == std::string::npos
                                                    ? load::loopback(255 + group)
                                                    : "2001:db8:" + std::to_string(100 + group) + "::1";
                       return load::Approach{.port = plan.port,
                                             .from = from,
                                             .to = plan.address,
                                             .headers = plan.token.empty() ? "" : "Authorization: Bearer " + plan.token + "\r\n"};
                   }},
          due_(plan.clients) {
        if (plan.token.empty()) return;
        std::string frame;
        load::append_masked_frame(frame, load::text, R"({"type":"subscribe","topic":"agents.*"})");
        for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i].send(frame);
    }

    /// Sends what is due, and waits for a millisecond at most.
    void step() {
        const auto each = std::chrono::nanoseconds{std::chrono::seconds{1}} / (static_cast<std::int64_t>(plan_.clients) * plan_.per_second);
        for (; sends_ && next_ <= Steady::now(); next_ += each) ask(next_);
        clients_.receive(std::chrono::milliseconds{1},
                         [this](std::size_t client, unsigned opcode, std::string_view payload, SteadyTime when) {
                             if (opcode == load::close_connection)
                                 throw std::runtime_error{"the server said good-bye: " + std::string{payload.substr(2)}};
                             if (due_[client].empty() || !is_answer(payload)) return;
                             latencies_.add(when - due_[client].front());
                             due_[client].pop_front();
                             ++count_;
                         });
    }

    void begin() {
        latencies_ = {};
        count_ = 0;
    }

    void end() {
        sends_ = false;
        const auto missing = [this] { return std::ranges::any_of(due_, [](const auto& due) { return !due.empty(); }); };
        for (const auto start = Steady::now(); missing() && Steady::now() - start < load::patience;) step();
        std::size_t unanswered = 0;
        for (auto& due : due_) {
            for (const SteadyTime since : due) latencies_.add(Steady::now() - since);
            unanswered += due.size();
        }
        const auto ms = [](std::chrono::nanoseconds d) { return static_cast<double>(d.count()) / 1e6; };
        std::printf("{\"answers\": %zu, \"unanswered\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n", count_, unanswered,
                    ms(latencies_.quantile(0.5)), ms(latencies_.quantile(0.99)), ms(latencies_.max()));
        std::fflush(stdout);
        sends_ = true;
        next_ = Steady::now();
    }

private:
    void ask(SteadyTime when) {
        const std::size_t client = turn_++ % clients_.size();
        frame_.clear();
        if (plan_.token.empty())
            load::append_masked_frame(frame_, load::text, "hello");
        else
            load::append_masked_frame(frame_, load::text,
                                      turn_ / clients_.size() % 2 == 0 ? R"({"type":"subscribe","topic":"system.mine"})"
                                                                       : R"({"type":"unsubscribe","topic":"system.mine"})");
        clients_[client].send(frame_);
        due_[client].push_back(when);
    }

    bool is_answer(std::string_view payload) const { return plan_.token.empty() || payload.starts_with(R"({"type":"reply")"); }

    const HonestPlan& plan_;
    load::Clients clients_;
    std::vector<std::deque<SteadyTime>> due_;  // by client: when what it has yet to be answered should have been sent
    bench::Latencies latencies_;
    std::size_t count_ = 0, turn_ = 0;
    SteadyTime next_ = Steady::now();
    bool sends_ = true;
    std::string frame_;
};

}  // namespace

void run_honest(const HonestPlan& plan) {
    Honest honest{plan};
    std::puts("connected");
    std::fflush(stdout);
    for (pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};;) {
        honest.step();
        if (poll(&input, 1, 0) <= 0) continue;
        std::string word;
        if (!std::getline(std::cin, word)) return;
        word == "begin" ? honest.begin() : honest.end();
    }
}

}  // namespace attack
