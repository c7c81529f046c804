#pragma once
// Of Conversation: attempts, tokens, deadlines, and what follows an end.

#include <kingbolt/client/conversation.hpp>
#include <kingbolt/client/detail/token_end.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace kingbolt::client {

inline Conversation::Conversation(const ClientOptions& options, std::function<double()> random)
    : options_{options}, pauses_{options.backoff, std::move(random)}, requests_{options.max_queued, options.max_queued_bytes} {
    options.validate();
}

inline std::optional<Action> Conversation::next_action() {
    if (actions_.empty()) return std::nullopt;
    Action first = std::move(actions_.front());
    actions_.pop_front();
    return first;
}

inline std::optional<WallTime> Conversation::server_time(TimePoint now) const noexcept {
    if (!server_now_) return std::nullopt;
    return *server_now_ + (now - welcomed_at_);
}

inline std::optional<TimePoint> Conversation::wake_at() const {
    auto at = requests_.next_deadline();
    const auto also = [&at](std::optional<TimePoint> other) {
        if (other) at = at ? std::min(*at, *other) : *other;
    };
    if (phase_ != Phase::stopped && phase_ != Phase::ready) also(due_);
    if (phase_ == Phase::ready) {
        if (dead_after_) also(last_byte_ + *dead_after_);
        also(question_);
        if (may_send()) also(refresh_at_);
    }
    return at;
}

inline void Conversation::on_time(TimePoint now) {
    expire(now);
    if (phase_ == Phase::ready) {
        if (dead_after_ && now >= last_byte_ + *dead_after_) {
            push(action::Drop{});
            return end(now, {.reason = "server_silent"});
        }
        if (question_ && now >= *question_) no_token(now);
        if (may_send() && refresh_at_ && now >= *refresh_at_) {
            refresh_at_.reset();
            ask_token(now);
        }
        return;
    }
    if (phase_ == Phase::stopped || now < due_) return;
    if (phase_ == Phase::waiting) return attempt(now);
    if (phase_ == Phase::asking) return no_token(now);
    push(action::Drop{});
    end(now, {.reason = "connect_timeout"});
}

// Attempts.

inline void Conversation::change(State state) {
    state_ = state;
    push(StateChanged{.state = state});
}

inline void Conversation::start(TimePoint now) {
    if (phase_ != Phase::stopped) return;
    pauses_.begin_anew();
    attempt(now);
}

inline void Conversation::attempt(TimePoint now) {
    change(State::connecting);
    if (!options_.token_source) {
        token_ = {.text = options_.token};
        return open(now);
    }
    phase_ = Phase::asking;
    due_ = now + options_.connect_timeout;
    ask_token(now);
}

inline void Conversation::open(TimePoint now) {
    phase_ = Phase::opening;
    due_ = now + options_.connect_timeout;
    action::Connect connect{.subprotocols = {std::string{subprotocol}}};
    if (!token_.text.empty() && options_.token_in == TokenIn::subprotocol) connect.subprotocols.push_back("bearer." + token_.text);
    if (!token_.text.empty() && options_.token_in == TokenIn::authorization) connect.authorization = "Bearer " + token_.text;
    push(std::move(connect));
}

inline void Conversation::on_open(TimePoint now, std::string_view selected_subprotocol) {
    if (phase_ != Phase::opening) return;
    if (selected_subprotocol != subprotocol) {
        push(action::Drop{});
        push(Trouble{{.code = "bad_subprotocol", .message = "the server did not select " + std::string{subprotocol}}});
        return end(now, {.reason = "bad_subprotocol"});
    }
    phase_ = Phase::greeting;
    last_byte_ = now;
    std::string subscriptions = "[";
    for (const Subscription& one : subscriptions_) {
        greeted_.push_back({one.serial, one.topic, one.presence});
        detail::JsonObjectWriter out;
        one.write(out);
        if (subscriptions.size() > 1) subscriptions += ',';
        subscriptions += out.take();
    }
    detail::JsonObjectWriter hello;
    hello.text("type", "hello");
    if (!token_.text.empty() && options_.token_in == TokenIn::hello) hello.text("token", token_.text);
    send_text(hello.raw("subs", subscriptions += ']').take());
}

// Tokens.

inline void Conversation::ask_token(TimePoint now) {
    if (phase_ == Phase::ready) question_ = now + options_.connect_timeout;
    push(action::AskToken{++last_question_});
}

inline void Conversation::on_token(TimePoint now, std::uint64_t question, Token token) {
    if (question != last_question_) return;
    if (phase_ == Phase::asking) {
        token_ = std::move(token);
        return open(now);
    }
    if (!std::exchange(question_, std::nullopt) || !may_send()) return;
    next_token_ = std::move(token);
    const auto id = requests_.sending({.what = Sent::What::refresh});
    send_text(detail::JsonObjectWriter{}.text("type", "refresh").number("id", id).text("token", next_token_.text).take());
}

inline void Conversation::on_no_token(TimePoint now, std::uint64_t question) {
    if (question == last_question_ && (phase_ == Phase::asking || question_)) no_token(now);
}

inline void Conversation::no_token(TimePoint now) {
    push(Trouble{{.code = "token_failed", .message = "the token source has none", .retry = true}});
    if (phase_ == Phase::asking) return end(now, {.reason = "token_failed"});
    question_.reset();
    plan_refresh(now);
}

inline void Conversation::plan_refresh(TimePoint now) {
    refresh_at_.reset();
    const auto token_end = detail::end_of(token_);
    if (!options_.token_source || !token_end) return;
    if (const auto pause = detail::refresh_after(*token_end - *server_time(now))) refresh_at_ = now + *pause;
}

// Ends.

inline void Conversation::on_closed(TimePoint now, CloseCode code, std::string_view reason) {
    if (is_connected()) end(now, detail::ending_of(code, reason));
}

inline void Conversation::on_lost(TimePoint now, std::string_view words) {
    if (!is_connected()) return;
    if (phase_ == Phase::opening) return end(now, {.reason = "connect_failed", .detail = std::string{words}});
    end(now, {.reason = "connection_lost", .code = CloseCode::abnormal, .detail = std::string{words}});
}

inline void Conversation::on_refused(TimePoint now, unsigned http_status, std::optional<Duration> retry_after) {
    if (phase_ != Phase::opening) return;
    // A delay of nothing, from a server that refuses, would be a loop without a pause.
    if (retry_after == Duration::zero()) retry_after.reset();
    const bool for_good = (http_status == 401 || http_status == 403) && !options_.token_source;
    end(now, {.reason = "http_" + std::to_string(http_status), .comes_back = !for_good, .after = retry_after});
}

inline void Conversation::end(TimePoint now, detail::Ending ending) {
    if (farewell_) ending = *std::exchange(farewell_, std::nullopt);
    if (ending.code == CloseCode::auth_expired && !options_.token.empty()) ending.comes_back = false;
    if (phase_ == Phase::ready && now - welcomed_at_ >= options_.stable_after) pauses_.begin_anew();
    phase_ = Phase::waiting;
    forget_connection();
    fail_sent({.code = "connection_lost", .message = "the connection was lost before the answer came", .retry = true});
    if (!ending.comes_back) return stay_away(ending.code.value_or(CloseCode::normal), std::move(ending.reason));
    const Duration delay = ending.after ? *ending.after : pauses_.next();
    due_ = now + delay;
    state_ = State::waiting;
    push(StateChanged{State::waiting, delay, std::move(ending.reason), ending.code, std::move(ending.detail)});
}

inline void Conversation::forget_connection() {
    greeted_.clear();
    question_.reset();
    refresh_at_.reset();
    ++last_question_;  // whatever is answered now comes too late
    for (Subscription& one : subscriptions_) one.deactivate();
}

inline void Conversation::stop() {
    if (phase_ == Phase::stopped) return;
    if (is_connected()) push(action::Close{CloseCode::normal});
    farewell_.reset();
    forget_connection();
    fail_sent({.code = "closed", .message = "the client was stopped"});
    stay_away(CloseCode::normal, "closed_by_application");
}

inline void Conversation::stay_away(CloseCode code, std::string reason) {
    phase_ = Phase::stopped;
    fail_waiting();
    change(State::stopped);
    push(Stopped{code, std::move(reason)});
}

}  // namespace kingbolt::client
