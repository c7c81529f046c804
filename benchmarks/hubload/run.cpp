#include "run.hpp"

#include "bench/memory.hpp"
#include "bench/server.hpp"
#include "member.hpp"
#include "receiver.hpp"
#include "schedule.hpp"
#include "server_cpu.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <exception>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubload {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// So many ask for their upgrade at the same time; fewer than a server's backlog.
constexpr std::size_t at_once = 64;
// Nobody comes in any more, and nothing that is missing comes, after so long.
constexpr auto patience = 30s, patience_for_events = 10s;

/// Throws InvalidOption.
void require_sockets(std::size_t count) {
    constexpr std::size_t others = 64;  // of the loop, the standard library, the server's pipe
    bench::allow_many_sockets();
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < count + others)
        throw kb::InvalidOption{"clients + idle_clients + topics", std::to_string(count),
                                "at most " + std::to_string(files.rlim_cur - std::min<rlim_t>(files.rlim_cur, others)) +
                                    " with a limit of " + std::to_string(files.rlim_cur) + " open files",
                                "raise the limit: ulimit -Hn " + std::to_string(count + others)};
    std::size_t first = 0, last = 0;
    if (std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first >> last && last - first + 1 < count)
        throw kb::InvalidOption{"clients + idle_clients + topics", std::to_string(count), "at most one for each local port",
                                "sysctl net.ipv4.ip_local_port_range=\"1024 65535\""};
}

/// Processor time of a process between two looks, in percent of a core.
class CpuMeter {
public:
    explicit CpuMeter(pid_t pid) : pid_{pid} { look(); }

    /// Since the last look; none when the process has ended.
    std::optional<double> look() {
        const auto now = Steady::now();
        std::optional<std::chrono::nanoseconds> used;
        try {
            used = load::cpu_time_of(pid_);
        } catch (const std::exception&) {
            return std::nullopt;
        }
        const auto before = std::exchange(used_, *used);
        const auto since = std::exchange(at_, now);
        return 100.0 * static_cast<double>((*used - before).count()) / static_cast<double>((now - since).count());
    }

private:
    pid_t pid_;
    std::chrono::nanoseconds used_{};
    Steady::time_point at_{};
};

class Run {
public:
    Run(const Scenario& scenario, const Target& target, const Watcher& watcher)
        : scenario_{scenario}, watcher_{watcher}, pid_{target.pid}, own_cpu_{getpid()} {
        require_sockets(scenario.sockets());
        if (pid_) cpu_.emplace(*pid_);
        roll_.on_came = [this] { came(); };
        heard_.bytes = scenario.bytes;
        heard_.on_subscribed = [this] {
            ++subscribed_;
            came();
        };
        // What the network does not take at once waits here: an event that is not sent is late, not refused.
        kb::ClientOptions options{
            .url = target.url, .token = target.token, .max_queued = 10'000'000, .max_queued_bytes = std::size_t{1} << 30U};
        const auto executor = io_.get_executor();
        for (std::size_t i = 1; i <= scenario.topics; ++i) topics_.push_back(scenario.topic + '.' + std::to_string(i));
        published_.resize(topics_.size());
        for (std::size_t i = 0; i < scenario.topics; ++i) all_.push_back(&publishers_.emplace_back(executor, options, roll_));
        for (std::size_t i = 0; i < scenario.clients; ++i)
            all_.push_back(&receivers_.emplace_back(executor, options, roll_, heard_, topics_).member());
        for (std::size_t i = 0; i < scenario.idle_clients; ++i) {
            all_.push_back(&idle_.emplace_back(executor, options, roll_));
            idle_.back().client().subscribe(scenario.topic + ".quiet", {});
        }
    }

    Result play() {
        signals_.async_wait([this](std::error_code error, int) {
            if (!error) interrupt();
        });
        came();
        io_.run();
        if (!trouble_.empty()) throw std::runtime_error{trouble_};
        finish();
        return std::move(result_);
    }

private:
    // They come in.

    void came() {
        if (started_playing_ || leaving_) return;
        while (started_ < all_.size() && started_ - roll_.there < at_once) all_[started_++]->client().start();
        if (watcher_.on_coming) watcher_.on_coming(roll_.there, all_.size());
        if (roll_.there == all_.size() && subscribed_ == receivers_.size() * topics_.size()) return begin();
        timer_.expires_after(patience);
        timer_.async_wait([this](std::error_code error) {
            if (error) return;
            trouble_ = "only " + std::to_string(roll_.there) + " of " + std::to_string(all_.size()) + " clients are there, and for " +
                       std::to_string(patience.count()) + " s nobody came";
            if (!roll_.last_trouble.empty()) trouble_ += ": " + roll_.last_trouble;
            leave();
        });
    }

    // They hear what is published.

    void begin() {
        started_playing_ = true;
        const auto start = Steady::now();
        schedule_ = Schedule{start, scenario_.events_per_second};
        heard_.warm_until = start + scenario_.warm_up;
        seconds_ = static_cast<std::uint64_t>((scenario_.warm_up + scenario_.length).count());
        total_ = seconds_ * scenario_.events_per_second;
        if (cpu_) cpu_->look();
        own_cpu_.look();
        if (watcher_.on_playing) watcher_.on_playing();
        publish_what_is_due();
        look_each_second(start, 1);
        if (scenario_.reconnects_per_second > 0) come_and_go(Schedule{start, scenario_.reconnects_per_second}, 1);
    }

    void publish_what_is_due() {
        const auto now = Steady::now();
        for (const std::uint64_t due = std::min(schedule_.due_by(now), total_); next_ < due; ++next_) publish(next_);
        if (next_ == total_) return;
        timer_.expires_at(schedule_.due(next_));
        timer_.async_wait([this](std::error_code error) {
            if (!error) publish_what_is_due();
        });
    }
    void publish(std::uint64_t index) {
        const auto topic = static_cast<std::size_t>(index % topics_.size());
        const auto due = schedule_.due(index);
        const std::string data = '"' + bench::stamped({++published_[topic], due}, scenario_.bytes) + '"';
        result_.lag.add(Steady::now() - due);
        publishers_[topic].client().async_publish(topics_[topic], "load", data, [this](const kb::client::PublishResult& result) {
            ++answered_;
            if (result)
                ++result_.published;
            else
                ++roll_.reasons["a publication failed: " + result.failure.code];
        });
    }

    void look_each_second(Steady::time_point start, std::uint64_t second) {
        looking_.expires_at(start + std::chrono::seconds{second});
        looking_.async_wait([this, start, second](std::error_code error) {
            if (error || over_) return;
            look(second);
            if (second < seconds_) return look_each_second(start, second + 1);
            await_the_rest(Steady::now() + patience_for_events);
        });
    }
    void look(std::uint64_t second) {
        const auto ms = [this](double share) { return static_cast<double>(heard_.recent.quantile(share).count()) / 1e6; };
        Sample sample{.at = static_cast<double>(second) - static_cast<double>(scenario_.warm_up.count()),
                      .events = heard_.recent.count(),
                      .p50 = ms(0.5),
                      .p99 = ms(0.99),
                      .p999 = ms(0.999),
                      .max = ms(1),
                      .own_cpu = own_cpu_.look().value_or(0)};
        heard_.recent = {};
        if (pid_) {
            if (const std::size_t memory = bench::resident_bytes(std::to_string(*pid_)); memory != 0) sample.memory = memory;
            sample.cpu = cpu_->look();
        }
        result_.samples.push_back(sample);
        if (watcher_.on_second) watcher_.on_second(sample);
    }

    void come_and_go(Schedule schedule, std::uint64_t number) {
        churn_.expires_at(schedule.due(number));
        churn_.async_wait([this, schedule, number](std::error_code error) {
            if (error || over_) return;  // one that had run out already cannot be cancelled any more
            idle_[static_cast<std::size_t>(number % idle_.size())].come_again();
            come_and_go(schedule, number + 1);
        });
    }

    // They leave.

    void interrupt() {
        result_.interrupted = true;
        total_ = next_;
        if (!started_playing_) return leave();
        timer_.cancel();
        looking_.cancel();
        await_the_rest(Steady::now() + patience_for_events);
    }
    void await_the_rest(Steady::time_point deadline) {
        over_ = true;
        churn_.cancel();
        const bool has_all = heard_.received == total_ * receivers_.size() && answered_ == total_;
        result_.absent = all_.size() - roll_.there;
        if ((has_all && result_.absent == 0) || Steady::now() > deadline) return leave();
        looking_.expires_after(10ms);
        looking_.async_wait([this, deadline](std::error_code error) {
            if (!error && !leaving_) await_the_rest(deadline);
        });
    }
    /// The loop ends when the last connection has.
    void leave() {
        leaving_ = true;
        for (auto* timer : {&timer_, &looking_, &churn_}) timer->cancel();
        signals_.cancel();
        for (Member* member : all_) member->leave();
    }

    void finish() {
        result_.due = total_;
        result_.received = heard_.received;
        result_.duplicates = heard_.duplicates;
        result_.reordered = heard_.reordered;
        for (const Receiver& receiver : receivers_) result_.lost += receiver.lost(published_);
        result_.disconnects = roll_.disconnects;
        result_.reconnects = roll_.reconnects;
        result_.reasons = roll_.reasons;
        result_.latencies = heard_.all;
    }

    const Scenario& scenario_;
    const Watcher& watcher_;
    asio::io_context io_{1};
    asio::steady_timer timer_{io_}, looking_{io_}, churn_{io_};
    asio::signal_set signals_{io_, SIGINT, SIGTERM};
    std::optional<pid_t> pid_;
    std::optional<CpuMeter> cpu_;
    CpuMeter own_cpu_;

    Roll roll_;
    Heard heard_;
    Result result_;
    std::string trouble_;
    std::vector<std::string> topics_;
    std::vector<std::uint64_t> published_;  // by topic: how many were due
    std::deque<Member> publishers_;         // by topic
    std::deque<Receiver> receivers_;
    std::deque<Member> idle_;
    std::vector<Member*> all_;  // in the order in which they come
    std::size_t started_ = 0, subscribed_ = 0;
    bool started_playing_ = false, over_ = false, leaving_ = false;

    Schedule schedule_;
    std::uint64_t next_ = 0, total_ = 0, answered_ = 0;  // events
    std::uint64_t seconds_ = 0;                          // warm-up included
};

}  // namespace

Result play(const Scenario& scenario, const Target& target, const Watcher& watcher) { return Run{scenario, target, watcher}.play(); }

}  // namespace hubload
