#pragma once
// A loop, a clock and its timers: asynchronous calls in virtual time.

#include <kingbolt/circuit_breaker.hpp>
#include <kingbolt/testing/manual_clock.hpp>
#include <kingbolt/testing/manual_timers.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace breaker_test {

using namespace kingbolt;
using namespace std::chrono_literals;

struct VirtualTime {
    std::unique_ptr<asio::io_context> io = std::make_unique<asio::io_context>();
    testing::ManualClock clock{};
    testing::ManualTimers timers{clock};

    void run_for(Duration duration) { timers.run_for(*io, duration); }
    void run() { run_for(0ns); }

    /// Starts `call`, an awaitable<Reply<T>>; the reply is there once it has ended.
    template <class T>
    struct Started {
        std::optional<Reply<T>> reply{};
        std::exception_ptr exception{};
        asio::cancellation_signal cancel{};
    };
    template <class T>
    std::shared_ptr<Started<T>> start(asio::awaitable<Reply<T>> call) {
        auto started = std::make_shared<Started<T>>();
        auto run = [](asio::awaitable<Reply<T>> awaited, std::shared_ptr<Started<T>> into) -> asio::awaitable<void> {
            into->reply.emplace(co_await std::move(awaited));
        };
        asio::co_spawn(*io, run(std::move(call), started),
                       asio::bind_cancellation_slot(started->cancel.slot(), [started](std::exception_ptr e) { started->exception = e; }));
        return started;
    }
};

/// A service whose calls end when the test says so. It hears when a call is cancelled or destroyed.
class Service {
public:
    explicit Service(VirtualTime& time) : time_{time} {}
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service() {
        for (const auto& call : calls_) call->forsake();
    }

    asio::awaitable<std::string> ask(std::string question) {
        const auto call = std::make_shared<Pending>(question);
        calls_.push_back(call);
        const struct AtEnd {
            Service& service;
            ~AtEnd() { --service.running_; }
        } at_end{*this};
        ++running_;
        const auto waited = co_await call->wait(time_.timers);
        if (waited == detail::Waited::cancelled) {
            ++cancelled_;
            throw std::system_error{std::make_error_code(std::errc::operation_canceled)};
        }
        if (call->error) throw std::system_error{call->error};
        co_return call->answer;
    }

    /// Ends the n-th call that was made.
    void answer(std::size_t call, std::string text) {
        calls_.at(call)->answer = std::move(text);
        calls_.at(call)->happen();
    }
    void fail(std::size_t call, std::error_code error = std::make_error_code(std::errc::connection_refused)) {
        calls_.at(call)->error = error;
        calls_.at(call)->happen();
    }

    std::size_t calls() const { return calls_.size(); }
    const std::string& question(std::size_t call) const { return calls_.at(call)->question; }
    int running() const { return running_; }
    int cancelled() const { return cancelled_; }

private:
    struct Pending : detail::WaitList<testing::ManualTimers> {
        explicit Pending(std::string asked) : question{std::move(asked)} {}
        std::string question, answer{};
        std::error_code error{};
    };

    VirtualTime& time_;
    std::vector<std::shared_ptr<Pending>> calls_;
    int running_ = 0;
    int cancelled_ = 0;
};

/// The breaker's own events, as words: `open:consecutive_failures`.
struct Told {
    using slot = kingbolt::slot::observer;
    std::vector<std::string> all{};
    void operator()(const event::BreakerChanged& e) {
        all.push_back(std::string{to_string(e.to)} + ":" + std::string{to_string(e.reason)});
    }
};

}  // namespace breaker_test
