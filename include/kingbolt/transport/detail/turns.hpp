#pragma once
// The executor as a hub sees it: tasks from any thread, turns, ticks.

#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/transport/detail/alarm.hpp>
#include <kingbolt/transport/detail/in_place.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace kingbolt::transport::detail {

/// Made with std::make_shared: what it has posted keeps it.
template <class Connection>
class Turns : public std::enable_shared_from_this<Turns<Connection>> {
public:
    using Events = TransportEvents<Connection>;

    explicit Turns(asio::io_context& io) : io_{io}, ticker_{io} {}
    Turns(const Turns&) = delete;
    Turns& operator=(const Turns&) = delete;

    asio::io_context& io() noexcept { return io_; }

    void attach(Events& events) {
        events_ = &events;
        asio::post(io_, [self = this->shared_from_this()] { self->entered(); });
    }
    void detach() {
        events_ = nullptr;
        ticker_.cancel();
    }
    /// Null once detached: every handler asks before it reports.
    Events* events() const noexcept { return events_; }

    void post(std::function<void()> task) {
        asio::post(io_, [self = this->shared_from_this(), task = std::move(task)] {
            self->entered();
            if (self->events_ != nullptr) task();
        });
    }

    bool in_loop() const {
        return io_.get_executor().running_in_this_thread() || thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
    }

    void end_turn_soon() {
        turn_end_wanted_ = true;
        if (holds_turn_ || std::exchange(turn_end_posted_, true)) return;
        asio::post(io_, InPlace{turn_end_slot_, [self = this->shared_from_this()] {
                                    self->entered();
                                    self->turn_end_posted_ = false;
                                    self->end_turn();
                                }});
    }

    void tick_every(Duration period) {
        // Cancelling does not take back a tick that is already due; its generation does.
        ++tick_generation_;
        ticker_.cancel();
        if (period <= Duration::zero()) return;
        tick(Alarm::Clock::now() + period, period, tick_generation_);
    }

    /// Every handler starts with this: it is how `in_loop` knows the loop's thread.
    void entered() noexcept {
        const auto here = std::this_thread::get_id();
        if (thread_.load(std::memory_order_relaxed) != here) thread_.store(here, std::memory_order_relaxed);
    }

protected:
    ~Turns() = default;

    /// From here to `release_turn` a turn that is asked for is not posted: the handler that delivers many events at once ends it itself.
    void hold_turn() noexcept { holds_turn_ = true; }
    void release_turn() {
        holds_turn_ = false;
        end_turn();
    }

private:
    // A turn may have been ended by a batch of events before its posted end came.
    void end_turn() {
        if (std::exchange(turn_end_wanted_, false) && events_ != nullptr) events_->on_turn_end();
    }

    void tick(Alarm::Clock::time_point at, Duration period, unsigned generation) {
        ticker_.async_wait(
            at, InPlace{tick_slots_[generation % 2], [self = this->shared_from_this(), period, generation](const std::error_code& error) {
                            self->entered();
                            if (error || self->events_ == nullptr || generation != self->tick_generation_) return;
                            // The next tick keeps the beat. After a stall a new beat starts, and the ticks that were
                            // missed stay missed.
                            const auto next = std::max(self->ticker_.expiry() + period, Alarm::Clock::now());
                            self->tick(next, period, generation);
                            self->events_->on_tick();
                        }});
    }

    asio::io_context& io_;
    Events* events_ = nullptr;
    Alarm ticker_;
    Slot tick_slots_[2];  // a wait that was cancelled keeps its own until its handler has run
    Slot turn_end_slot_;
    std::atomic<std::thread::id> thread_{};
    unsigned tick_generation_ = 0;
    bool turn_end_wanted_ = false;
    bool turn_end_posted_ = false;
    bool holds_turn_ = false;
};

}  // namespace kingbolt::transport::detail
