#pragma once
// Of Conversation: what the application asks for, and how it ends.

#include <kingbolt/client/conversation.hpp>
#include <kingbolt/client/detail/failure_of.hpp>

#include <algorithm>
#include <utility>

namespace kingbolt::client {

// Subscriptions.

inline detail::Subscription* Conversation::find(std::string_view topic) {
    const auto found = std::ranges::find(subscriptions_, topic, &Subscription::topic);
    return found == subscriptions_.end() ? nullptr : &*found;
}
inline detail::Subscription* Conversation::find(std::uint64_t serial) {
    const auto found = std::ranges::find(subscriptions_, serial, &Subscription::serial);
    return found == subscriptions_.end() ? nullptr : &*found;
}

inline void Conversation::subscribe(std::string_view topic, bool presence) {
    Subscription* one = find(topic);
    if (one != nullptr && (one->presence || !presence)) return;
    if (one == nullptr) one = &subscriptions_.emplace_back(std::string{topic}, presence, ++last_serial_);
    one->presence = presence;
    if (may_send()) ask_for(*one);
}

inline void Conversation::unsubscribe(std::string_view topic) {
    const Subscription* const one = find(topic);
    if (one == nullptr) return;
    const auto serial = one->serial;
    std::erase_if(subscriptions_, [serial](const Subscription& each) { return each.serial == serial; });
    if (may_send()) send_unsubscribe(topic);
}

inline void Conversation::send_unsubscribe(std::string_view topic) {
    const auto id = requests_.sending({.what = Sent::What::unsubscribe});
    send_text(detail::JsonObjectWriter{}.text("type", "unsubscribe").number("id", id).text("topic", topic).take());
}

/// Sends `subscribe`, with the position if there is one, and returns its id.
inline std::uint64_t Conversation::ask_for(const Subscription& subscription) {
    const auto id = requests_.sending({.what = Sent::What::subscribe, .serial = subscription.serial});
    detail::JsonObjectWriter out;
    out.text("type", "subscribe").number("id", id);
    subscription.write(out);
    send_text(out.take());
    return id;
}

inline void Conversation::take_result(Subscription& subscription, std::string_view result, std::uint64_t request) {
    try {
        const Incoming read{result};
        if (read.text("topic") != subscription.topic) throw detail::BadMessage{"the result of another subscription"};
        if (!read.has("error")) {
            const auto recovered = subscription.take(read, request);
            return push(Subscribed{subscription.topic, recovered});
        }
        const auto after = read.maybe_ms("after_ms");
        refused(subscription, request,
                {.code = std::string{read.text("error")},
                 .message = std::string{read.maybe_text("message").value_or("")},
                 .retry = read.maybe_flag("retry").value_or(false),
                 .retry_after = after ? std::optional<Duration>{*after} : std::nullopt});
    } catch (const detail::BadMessage& bad) {
        refused(subscription, request, detail::failure_of(bad));
    }
}

inline void Conversation::refused(Subscription& subscription, std::uint64_t request, Failure failure) {
    subscription.end_healing(request);
    push(SubscriptionRefused{subscription.topic, std::move(failure)});
}

/// What was subscribed and unsubscribed since `hello`.
inline void Conversation::send_changes() {
    for (const Greeted& one : greeted_)
        if (find(one.serial) == nullptr) send_unsubscribe(one.topic);
    for (const Subscription& one : subscriptions_) {
        const auto greeted = std::ranges::find(greeted_, one.serial, &Greeted::serial);
        if (greeted == greeted_.end() || greeted->presence != one.presence) ask_for(one);
    }
    greeted_.clear();
}

// Publications and calls.

inline Ticket Conversation::publish(TimePoint now, std::string_view topic, std::string_view event, std::string_view data) {
    return request(now, {.name = std::string{topic}, .event = std::string{event}, .json = std::string{data}});
}

inline Ticket Conversation::call(TimePoint now, std::string_view method, std::string_view params, std::optional<Duration> deadline) {
    return request(now, {.is_call = true,
                         .name = std::string{method},
                         .json = std::string{params},
                         .deadline = now + deadline.value_or(options_.call_deadline)});
}

inline Ticket Conversation::request(TimePoint now, detail::Request request) {
    const Ticket ticket = request.ticket = ++last_ticket_;
    if (phase_ == Phase::stopped) {
        fail(ticket, {.code = "closed", .message = "the client is stopped"});
    } else if (may_send()) {
        send(now, request);
    } else if (requests_.has_room(request)) {
        requests_.wait(std::move(request));
    } else {
        fail(ticket, {.code = "queue_full", .message = "too much waits for a connection", .retry = true});
    }
    return ticket;
}

inline void Conversation::send(TimePoint now, const detail::Request& request) {
    const auto what = request.is_call ? Sent::What::call : Sent::What::publish;
    const auto id = requests_.sending({.what = what, .ticket = request.ticket, .deadline = request.deadline});
    send_text(request.text(id, now));
}

inline void Conversation::cancel(Ticket ticket) {
    std::uint64_t id = 0;
    if (!requests_.give_up(ticket, id)) return;
    if (id != 0 && may_send()) send_text(detail::JsonObjectWriter{}.text("type", "cancel").number("id", id).take());
    fail(ticket, {.code = "cancelled", .message = "by the client"});
}

inline void Conversation::expire(TimePoint now) {
    while (const auto ticket = requests_.overdue(now)) {
        std::uint64_t id = 0;
        requests_.give_up(*ticket, id);
        fail(*ticket, {.code = "deadline_exceeded", .message = "no answer in time", .retry = true});
    }
}

inline void Conversation::answered(const Sent& sent, const Incoming& message) {
    if (sent.ticket == 0) return;
    try {
        Answer answer;
        if (sent.what == Sent::What::publish) {
            // Where several hubs are linked the number is given elsewhere.
            if (message.has("epoch") || message.has("seq")) {
                answer.epoch = message.text("epoch");
                answer.seq = message.number("seq");
            }
        } else {
            answer.data = message.raw("data");
            answer.stale = message.maybe_flag("stale").value_or(false);
            answer.age = message.maybe_ms("age_ms").value_or(std::chrono::milliseconds{0});
        }
        push(action::Complete{sent.ticket, std::move(answer)});
    } catch (const detail::BadMessage& bad) {
        fail(sent.ticket, detail::failure_of(bad));
    }
}

inline void Conversation::fail_sent(const Failure& failure) {
    for (const Ticket ticket : requests_.lose_sent()) fail(ticket, failure);
}
inline void Conversation::fail_waiting() {
    for (const Ticket ticket : requests_.lose_waiting()) fail(ticket, {.code = "closed", .message = "the client was stopped"});
}

}  // namespace kingbolt::client
