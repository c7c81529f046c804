#pragma once
// Timers of a ManualClock: they run out when the clock has been moved far enough. Fills slot::timers of a circuit breaker.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace kingbolt::testing {

/// Give it to a breaker by reference, beside its clock. The loop must outlive it: coroutines that still wait are destroyed with it. Not for
/// several threads.
class ManualTimers {
    struct Pending {
        TimePoint due{};
        std::function<void(std::error_code)> handler{};  ///< empty once it has been called
    };

public:
    using slot = kingbolt::slot::timers;

    /// The clock outlives the timers.
    explicit ManualTimers(ManualClock& clock) : clock_{clock} {}
    ManualTimers(const ManualTimers&) = delete;
    ManualTimers& operator=(const ManualTimers&) = delete;
    ~ManualTimers() {
        // What a handler keeps may end in a timer that looks at it.
        for (const auto& one : std::exchange(pending_, {})) const auto gone = std::exchange(one->handler, {});
    }

    /// What Timers asks: runs out when the clock is moved past its time.
    class Timer {
    public:
        /// Does not run yet.
        Timer(ManualTimers& timers, asio::any_io_executor executor) : timers_{&timers}, executor_{std::move(executor)} {}
        Timer(Timer&&) noexcept = default;
        Timer& operator=(Timer&&) = delete;
        ~Timer() { cancel(); }

        /// From the clock's time; cancels a wait.
        void expires_after(Duration duration) {
            cancel();
            due_ = timers_->clock_.now() + duration;
        }
        /// `handler(std::error_code)`, posted.
        template <class Handler>
        void async_wait(Handler handler) {
            auto shared = std::make_shared<Handler>(std::move(handler));
            pending_ = std::make_shared<Pending>(Pending{due_, [executor = executor_, shared](std::error_code error) {
                                                             asio::post(executor, [shared, error] { (*shared)(error); });
                                                         }});
            timers_->pending_.push_back(pending_);
        }
        /// The handler is posted with asio::error::operation_aborted.
        void cancel() {
            if (pending_ && pending_->handler) std::exchange(pending_->handler, {})(asio::error::operation_aborted);
        }

    private:
        ManualTimers* timers_;
        asio::any_io_executor executor_;
        TimePoint due_{};
        std::shared_ptr<Pending> pending_{};
    };

    /// What Timers asks.
    Timer make(const asio::any_io_executor& executor) { return {*this, executor}; }

    /// How many have been started and have not run out.
    std::size_t running() {
        forget_called();
        return pending_.size();
    }

    /// Lets `loop` do what it has to do, moves the clock by `duration`, and stops on the way wherever a timer runs out. `loop` is an
    /// asio::io_context.
    template <class Loop>
    void run_for(Loop& loop, Duration duration) {
        const TimePoint end = clock_.now() + duration;
        for (;;) {
            settle(loop);
            const auto next = next_due();
            if (next == nullptr || next->due > end) break;
            clock_.set(std::max(next->due, clock_.now()));
            std::exchange(next->handler, {})({});
        }
        clock_.set(end);
        settle(loop);
    }

private:
    template <class Loop>
    static void settle(Loop& loop) {
        loop.restart();
        loop.poll();
    }
    void forget_called() {
        std::erase_if(pending_, [](const auto& one) { return !one->handler; });
    }
    std::shared_ptr<Pending> next_due() {
        forget_called();
        std::shared_ptr<Pending> next;
        for (const auto& one : pending_)
            if (!next || one->due < next->due) next = one;
        return next;
    }

    ManualClock& clock_;
    std::vector<std::shared_ptr<Pending>> pending_;
};

}  // namespace kingbolt::testing
