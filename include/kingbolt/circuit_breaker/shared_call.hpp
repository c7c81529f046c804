#pragma once
// A call that runs on its own: those who wait for it may leave, and it is cancelled when the last has left.

#include <kingbolt/circuit_breaker/wait_list.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace kingbolt::detail {

template <class R, class Timers>
class SharedCall final : public WaitList<Timers> {
public:
    explicit SharedCall(asio::any_io_executor executor) : executor_{std::move(executor)} {}

    /// `make()` gives an awaitable<R>. Once, before anybody waits.
    template <class Make>
    void start(Make make) {
        auto run = [self = shared(), make = std::move(make)]() mutable -> asio::awaitable<void> { self->result_.emplace(co_await make()); };
        asio::co_spawn(executor_, std::move(run), asio::bind_cancellation_slot(signal_.slot(), Ended{shared()}));
    }

    /// Of a call that has happened. Throws what it threw.
    const R& result() const {
        if (failure_) std::rethrow_exception(failure_);
        return *result_;
    }
    /// Likewise, for the only one who waits.
    R take() {
        if (failure_) std::rethrow_exception(failure_);
        return *std::move(result_);
    }

private:
    /// An executor that is destroyed destroys this uncalled.
    struct Ended {
        std::shared_ptr<SharedCall> call;

        explicit Ended(std::shared_ptr<SharedCall> of) noexcept : call{std::move(of)} {}
        Ended(Ended&&) noexcept = default;
        Ended& operator=(Ended&&) = delete;
        ~Ended() {
            if (call) call->forsake();
        }
        void operator()(const std::exception_ptr& failure) {
            const auto mine = std::exchange(call, nullptr);
            mine->failure_ = failure;
            mine->happen();
        }
    };

    std::shared_ptr<SharedCall> shared() { return std::static_pointer_cast<SharedCall>(this->shared_from_this()); }

    void on_given_up() override {
        asio::post(executor_, [self = shared()] { self->signal_.emit(asio::cancellation_type::terminal); });
    }

    asio::any_io_executor executor_;
    asio::cancellation_signal signal_;
    std::optional<R> result_;
    std::exception_ptr failure_;
};

}  // namespace kingbolt::detail
