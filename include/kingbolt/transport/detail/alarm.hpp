#pragma once
// One point in time at which a loop wakes up. A timer of Asio's enters a heap that the whole io_context shares and that grows with the
// number of timers set at once: setting one again can fail for want of memory, and a loop that cannot set its next tick stands still for
// good. This one is a descriptor of its own: setting it needs no memory beyond the handler's.

#include <kingbolt/transport/detail/descriptor.hpp>
#include <kingbolt/transport/detail/executor.hpp>

#include <asio/posix/basic_stream_descriptor.hpp>

#include <sys/timerfd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <system_error>
#include <utility>

namespace kingbolt::transport::detail {

class Alarm {
public:
    using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC, in libstdc++ and libc++ alike

    /// Throws std::system_error.
    explicit Alarm(asio::io_context& io) : timer_{io} {
        Descriptor timer{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
        if (!timer) throw std::system_error{last_error(), "timerfd_create"};
        timer_.assign(timer.get());
        timer.release();
    }

    Clock::time_point expiry() const noexcept { return expiry_; }

    /// `handler(error)` at `at`, or as soon as may be when that has passed; with operation_aborted when it is cancelled before. One wait
    /// at a time.
    template <class Handler>
    void async_wait(Clock::time_point at, Handler&& handler) {
        expiry_ = at;
        // Nothing is read from it: setting it again takes the expiry back.
        const auto since_boot = std::max(at.time_since_epoch(), std::chrono::nanoseconds{1});  // 0 would turn it off
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
        const itimerspec when{.it_interval = {}, .it_value = {.tv_sec = seconds.count(), .tv_nsec = (since_boot - seconds).count()}};
        ::timerfd_settime(timer_.native_handle(), TFD_TIMER_ABSTIME, &when, nullptr);
        timer_.async_wait(Waitable::wait_read, std::forward<Handler>(handler));
    }
    void cancel() noexcept {
        std::error_code ignored;
        timer_.cancel(ignored);
    }

private:
    using Waitable = asio::posix::basic_stream_descriptor<Executor>;

    Waitable timer_;
    Clock::time_point expiry_{};
};

}  // namespace kingbolt::transport::detail
