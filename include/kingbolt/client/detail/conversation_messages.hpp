#pragma once
// Of Conversation: what the server says.

#include <kingbolt/client/conversation.hpp>
#include <kingbolt/client/detail/failure_of.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::client {

namespace detail {

inline std::vector<Member> members_of(const Incoming& message, std::string_view name) {
    std::vector<Member> members;
    for (const JsonPart& part : message.array(name)) {
        const Incoming one{part.raw};
        members.push_back({std::string{one.text("session")}, std::string{one.maybe_text("subject").value_or("")}});
    }
    return members;
}

}  // namespace detail

inline void Conversation::on_message(TimePoint now, std::string_view text) {
    if (phase_ != Phase::greeting && phase_ != Phase::ready) return;
    try {
        message_.emplace(text);
        dispatch(now, *message_);
    } catch (const detail::BadMessage& bad) {
        push(Trouble{detail::failure_of(bad)});
    }
}

inline void Conversation::on_binary() {
    if (phase_ == Phase::greeting || phase_ == Phase::ready) push(Trouble{{.code = "bad_server_message", .message = "a binary message"}});
}

inline void Conversation::dispatch(TimePoint now, const Incoming& message) {
    const std::string_view type = message.text("type");
    if (type == "event") return on_event(message);
    if (type == "presence") return on_presence(message);
    if (type == "reply") return on_reply(now, message);
    if (type == "error") return on_error(now, message);
    if (type == "welcome") return on_welcome(now, message);
    if (type == "bye") return on_bye(message);
}

inline void Conversation::on_welcome(TimePoint now, const Incoming& message) {
    if (phase_ != Phase::greeting) throw detail::BadMessage{"a second welcome"};
    const std::string_view session = message.text("session");
    const auto server_now = Incoming::as_wall_time(message.number("now"));
    const Duration ping = Incoming::as_ms(message.number("ping_ms"));
    const auto results = message.array("subs");

    phase_ = Phase::ready;
    welcomed_at_ = now;
    session_ = session;
    server_now_ = server_now;
    dead_after_.reset();
    if (ping > Duration::zero()) dead_after_ = ping + ping / 2 + options_.liveness_margin;
    change(State::ready);
    plan_refresh(now);
    for (std::size_t i = 0; i < greeted_.size(); ++i) {
        Subscription* const one = find(greeted_[i].serial);
        if (one == nullptr) continue;
        if (i < results.size()) {
            take_result(*one, results[i].raw, 0);
        } else {
            refused(*one, 0, {.code = "bad_server_message", .message = "no result"});
        }
    }
    if (!may_send()) return;
    send_changes();
    expire(now);
    while (const auto waiting = requests_.next_waiting()) send(now, *waiting);
}

inline void Conversation::on_event(const Incoming& message) {
    using Kind = detail::Reception::Kind;
    const Event event{.topic = message.text("topic"),
                      .event = message.text("event"),
                      .epoch = message.text("epoch"),
                      .seq = message.number("seq"),
                      .at = Incoming::as_wall_time(message.number("ts")),
                      .data = message.raw("data")};
    for (Subscription& one : subscriptions_) {
        if (!one.confirmed || !one.covers(event.topic)) continue;
        const auto reception = one.receive(event.topic, event.epoch, event.seq);
        if (reception.kind == Kind::ignored) continue;
        const bool heals = reception.kind == Kind::gap;
        if (heals || reception.kind == Kind::passed_over)
            push(Gap{one.topic, std::string{event.topic}, std::string{event.epoch}, reception.from, reception.to, heals});
        if (heals) {
            // After `bye` the next `hello` asks.
            if (one.healing == 0 && may_send()) one.healing = ask_for(one);
            continue;
        }
        Event heard = event;
        heard.subscription = one.topic;
        push(std::move(heard));
    }
}

inline void Conversation::on_presence(const Incoming& message) {
    Presence presence{.subscription = std::string{message.text("topic")}};
    if (message.has("state")) {
        presence.state = detail::members_of(message, "state");
    } else if (message.has("joined") || message.has("left")) {
        if (message.has("joined")) presence.joined = detail::members_of(message, "joined");
        if (message.has("left"))
            for (const auto& part : message.array("left")) presence.left.push_back(part.text);
    } else {
        throw detail::BadMessage{"a presence of nobody"};
    }
    const Subscription* const one = find(presence.subscription);
    if (one != nullptr && one->confirmed && one->presence) push(std::move(presence));
}

inline void Conversation::on_reply(TimePoint now, const Incoming& message) {
    const auto id = message.number("id");
    const auto sent = requests_.answered(id);
    if (!sent) throw detail::BadMessage{"a reply to no request"};
    switch (sent->what) {
    case Sent::What::subscribe:
        if (Subscription* const one = find(sent->serial)) take_result(*one, message.has("sub") ? message.raw("sub") : "", id);
        return;
    case Sent::What::unsubscribe: return;
    case Sent::What::publish:
    case Sent::What::call: return answered(*sent, message);
    case Sent::What::refresh: token_ = std::move(next_token_); return plan_refresh(now);
    }
}

inline void Conversation::on_error(TimePoint now, const Incoming& message) {
    Failure failure = detail::failure_of(message);
    if (const auto id = message.maybe_number("id")) {
        const auto sent = requests_.answered(*id);
        if (!sent) throw detail::BadMessage{"an error for no request"};
        switch (sent->what) {
        case Sent::What::subscribe:
            if (Subscription* const one = find(sent->serial)) refused(*one, *id, std::move(failure));
            return;
        case Sent::What::publish:
        case Sent::What::call:
            if (sent->ticket != 0) fail(sent->ticket, std::move(failure));
            return;
        case Sent::What::refresh: plan_refresh(now); [[fallthrough]];
        case Sent::What::unsubscribe: return push(Trouble{std::move(failure)});
        }
    }
    if (phase_ == Phase::ready) {
        Subscription* const ended = find(message.maybe_text("topic").value_or(""));
        if (ended == nullptr || !ended->confirmed) return push(Trouble{std::move(failure)});
        ended->deactivate();
        return refused(*ended, 0, std::move(failure));
    }
    // It answers `hello`: nothing else has been sent.
    const bool comes_back = failure.retry || (failure.code == "bad_credentials" && options_.token_source);
    const auto after = failure.retry_after;
    if (comes_back) {
        push(action::Drop{});
    } else {
        push(action::Close{CloseCode::normal});
    }
    push(Trouble{std::move(failure)});
    end(now, {.reason = "hello_refused", .comes_back = comes_back, .after = after});
}

inline void Conversation::on_bye(const Incoming& message) {
    const auto number = message.number("code");
    if (number > 0xFFFF) throw detail::BadMessage{"a wrong code"};
    const auto after = message.maybe_ms("after_ms");
    Bye bye{.code = static_cast<CloseCode>(number),
            .reason = std::string{message.text("reason")},
            .retry = message.flag("retry"),
            .retry_after = after ? std::optional<Duration>{*after} : std::nullopt};
    farewell_ = {.reason = bye.reason.empty() ? "closed_by_server" : bye.reason,
                 .code = bye.code,
                 .comes_back = bye.retry,
                 .after = bye.retry_after};
    push(std::move(bye));
}

}  // namespace kingbolt::client
