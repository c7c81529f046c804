#pragma once
// A call that a client has made, until it is answered.

#include <kingbolt/core/channel.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

namespace detail {

/// One call, shared by who answers it and by the channels that wait for the answer.
struct PendingCall {
    /// Answers, and is told no more of it. Empty: there is an answer already, or nobody wants one any more.
    struct Outlet {
        std::function<void(std::string_view data, std::optional<Duration> stale_age)> answer{};
        std::function<void(channel::Failure)> fail{};
    };
    Outlet outlet{};
    std::function<void()> cancel{};
    TimePoint deadline{};

    /// For its answer. Nobody is told then that the call is over, and what is kept for that may hold the call itself.
    Outlet take_outlet() noexcept {
        const auto unused = std::exchange(cancel, {});
        return std::exchange(outlet, {});
    }
};

}  // namespace detail

/// Handed to a method, to be answered now or later, once; what comes after the first answer is ignored. The last copy that goes without
/// having answered answers `internal`. The hub's loop only, and not beyond the life of the channels' hub.
class Call {
public:
    /// Made by the channels.
    Call(std::shared_ptr<detail::PendingCall> pending, SessionId session, std::string method, std::string params)
        : told_{std::make_shared<Told>(std::move(pending))}, session_{session}, method_{std::move(method)}, params_{std::move(params)} {}

    SessionId session() const noexcept { return session_; }
    const std::string& method() const noexcept { return method_; }
    /// As the client wrote them; empty: there were none.
    const std::string& params() const noexcept { return params_; }
    /// Answered, cancelled, over its deadline, or the client has gone.
    bool is_over() const noexcept { return !told_->pending->outlet.answer; }

    /// `data` is one value of the protocol: for protocol::Json, JSON.
    void reply(std::string_view data) const { answer(data, std::nullopt); }
    /// The last good answer, `age` old.
    void reply_stale(std::string_view data, Duration age) const { answer(data, age); }
    /// An error: its code and words, whether and when another attempt may succeed.
    void fail(std::string code, std::string message, bool retry = false, std::optional<Duration> after = std::nullopt) const {
        if (const auto fail = told_->pending->take_outlet().fail)
            fail({.code = std::move(code), .message = std::move(message), .retry = retry, .after = after});
    }

    /// `cancel` is called once, when the call is over without an answer; not when it is over already. It must not throw.
    void on_cancel(std::function<void()> cancel) const {
        if (!is_over()) told_->pending->cancel = std::move(cancel);
    }

private:
    struct Told {
        explicit Told(std::shared_ptr<detail::PendingCall> call) : pending{std::move(call)} {}
        Told(const Told&) = delete;
        Told& operator=(const Told&) = delete;
        ~Told() {
            if (!pending->outlet.fail) return;
            try {
                channel::Failure failure{.code = "internal", .message = "the method gave no answer", .retry = true};
                pending->take_outlet().fail(std::move(failure));
            } catch (...) {  // NOLINT(bugprone-empty-catch): the call's deadline answers it
            }
        }
        std::shared_ptr<detail::PendingCall> pending;
    };

    void answer(std::string_view data, std::optional<Duration> stale_age) const {
        if (const auto answer = told_->pending->take_outlet().answer) answer(data, stale_age);
    }

    std::shared_ptr<Told> told_;
    SessionId session_;
    std::string method_;
    std::string params_;
};

}  // namespace kingbolt
