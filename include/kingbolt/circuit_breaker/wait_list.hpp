#pragma once
// Coroutines that wait for one thing to happen: each until its own deadline, until it is cancelled, or until it has happened.

#include <kingbolt/core/time.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace kingbolt::detail {

enum class Waited { happened, timed_out, cancelled, given_up };

/// Made with std::make_shared. Any thread.
template <class Timers>
class WaitList : public std::enable_shared_from_this<WaitList<Timers>> {
public:
    WaitList() = default;
    WaitList(const WaitList&) = delete;
    WaitList& operator=(const WaitList&) = delete;
    virtual ~WaitList() = default;

    /// Never throws by itself. `given_up`: everybody who waited has left, and there is nothing to wait for any more.
    asio::awaitable<Waited> wait(Timers& timers, std::optional<Duration> limit = std::nullopt) {
        auto enter = [self = this->shared_from_this(), &timers, limit](auto handler) { self->enter(timers, limit, std::move(handler)); };
        co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Waited)>(std::move(enter), asio::use_awaitable);
    }

    /// Lets all go on, those who come later too.
    void happen() {
        std::list<Waiter> all;
        {
            const std::lock_guard lock{mutex_};
            happened_ = true;
            all.swap(waiters_);
        }
        for (Waiter& waiter : all) waiter.resume(Waited::happened);
    }

    /// Whoever comes now is told that it is too late.
    bool is_given_up() {
        const std::lock_guard lock{mutex_};
        return given_up_;
    }

    /// What all wait for will never happen, because its executor is being destroyed: their coroutines are destroyed too.
    void forsake() noexcept {
        std::list<Waiter> all;
        {
            const std::lock_guard lock{mutex_};
            given_up_ = true;
            all.swap(waiters_);
        }
    }

protected:
    /// The last one has left before it happened. Called once at most, on its thread.
    virtual void on_given_up() {}

private:
    struct Waiter {
        std::uint64_t id;
        std::function<void(Waited)> resume;
        asio::executor_work_guard<asio::any_io_executor> work;
        std::optional<typename Timers::Timer> timer{};
    };

    /// The timer's handler. An executor that is destroyed destroys it uncalled; the coroutine, which the executor does not know, goes with
    /// it.
    struct OnTime {
        std::shared_ptr<WaitList> list;
        std::uint64_t id;

        OnTime(std::shared_ptr<WaitList> of, std::uint64_t waiter) noexcept : list{std::move(of)}, id{waiter} {}
        OnTime(OnTime&&) noexcept = default;
        OnTime& operator=(OnTime&&) = delete;
        ~OnTime() {
            if (list) std::exchange(list, nullptr)->extract(id);
        }
        void operator()(const std::error_code& error) {
            const auto mine = std::exchange(list, nullptr);
            if (!error) mine->leave(id, Waited::timed_out);
        }
    };

    template <class Handler>
    void enter(Timers& timers, std::optional<Duration> limit, Handler handler) {
        // As soon as another thread can see the handler, its coroutine may go on and end, and with it all that has kept this list.
        const auto self = this->shared_from_this();
        const asio::any_io_executor executor = asio::get_associated_executor(handler);
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto shared = std::make_shared<Handler>(std::move(handler));
        auto resume = [executor, shared = std::move(shared)](Waited how) {
            asio::post(executor, [shared, how] { std::move (*shared)(how); });
        };
        const std::lock_guard lock{mutex_};
        if (happened_) return resume(Waited::happened);
        if (given_up_) return resume(Waited::given_up);
        const std::uint64_t id = ++last_id_;
        Waiter& waiter = waiters_.emplace_back(Waiter{id, std::move(resume), asio::make_work_guard(executor)});
        if (limit) {
            waiter.timer.emplace(timers.make(executor));
            waiter.timer->expires_after(*limit);
            waiter.timer->async_wait(OnTime{self, id});
        }
        if (slot.is_connected()) {
            slot.assign([weak = this->weak_from_this(), id](asio::cancellation_type) {
                if (const auto list = weak.lock()) list->leave(id, Waited::cancelled);
            });
        }
    }

    std::list<Waiter> extract(std::uint64_t id, bool* last = nullptr) noexcept {
        std::list<Waiter> one;
        const std::lock_guard lock{mutex_};
        for (auto at = waiters_.begin(); at != waiters_.end(); ++at) {
            if (at->id != id) continue;
            one.splice(one.end(), waiters_, at);
            if (waiters_.empty()) given_up_ = true;
            if (last != nullptr) *last = waiters_.empty();
            break;
        }
        return one;
    }

    void leave(std::uint64_t id, Waited how) {
        bool last = false;
        const auto one = extract(id, &last);
        if (last) on_given_up();
        if (!one.empty()) one.front().resume(how);
    }

    std::mutex mutex_;
    bool happened_ = false;
    bool given_up_ = false;
    std::uint64_t last_id_ = 0;
    std::list<Waiter> waiters_;
};

/// Waits `duration`; sooner when cancelled.
template <class Timers>
asio::awaitable<Waited> pause(Timers& timers, Duration duration) {
    const auto list = std::make_shared<WaitList<Timers>>();
    co_return co_await list->wait(timers, duration);
}

}  // namespace kingbolt::detail
