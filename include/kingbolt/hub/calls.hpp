#pragma once
// Hub: how it is made, and what applications, sessions and other threads ask of it. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <algorithm>
#include <exception>

namespace kingbolt {

template <class T, class... P>
Hub<T, P...>::Hub(T& transport, P... policies)
    : transport_{transport},
      policies_{static_cast<P&&>(policies)...},
      clock_{policies_.template get<slot::clock>(defaults_.clock)},
      rate_limit_{policies_.template get<slot::rate_limit>(defaults_.rate_limit)},
      outbox_{policies_.template get<slot::outbox>(defaults_.outbox)},
      deadlines_{policies_.template get<slot::deadlines>(defaults_.deadlines)},
      client_limits_{policies_.template get<slot::client_limits>(defaults_.client_limits)},
      memory_{policies_.template get<slot::memory>(defaults_.memory)},
      admission_{policies_.template get<slot::admission>(defaults_.admission)},
      auth_backoff_{policies_.template get<slot::auth_backoff>(defaults_.auth_backoff)},
      authenticator_{policies_.template get<slot::authenticator>(defaults_.authenticator)},
      authorizer_{policies_.template get<slot::authorizer>(defaults_.authorizer)},
      origins_{policies_.template get<slot::origins>(defaults_.origins)},
      client_address_{policies_.template get<slot::client_address>(defaults_.client_address)},
      now_{monotonic_(clock_.now())},
      random_{detail::seed_or_device(policies_.template get<slot::seed>(defaults_.seed))},
      admission_state_{make_state<typename Chosen::Admission::State>(admission_)},
      backoff_state_{make_state<typename Chosen::BackoffState>(auth_backoff_)},
      pulse_{policies_.template get<slot::liveness>(defaults_.liveness), now_},
      mailbox_{std::make_shared<engine::Mailbox<std::function<void()>>>()} {
    detail::validate(policies_.template get<slot::liveness>(defaults_.liveness));
    detail::validate(rate_limit_);
    detail::validate(outbox_);
    detail::validate(deadlines_);
    detail::validate(client_limits_);
    detail::validate(memory_);
    detail::validate(authenticator_);
    detail::validate(authorizer_);
    detail::validate(origins_);
    detail::validate(client_address_);
    tight_outbox_ = {.max_bytes = outbox_.max_bytes / 8, .max_messages = std::max<std::size_t>(outbox_.max_messages / 8, 1)};
    transport_.attach(*this);
    transport_.tick_every(pulse_.tick());
    if constexpr (Chosen::is_linked) {
        link_.emplace(policies_.template get<slot::backplane>(defaults_.backplane), [this, box = std::weak_ptr{mailbox_}] {
            transport_.post([this, box] {
                const auto alive = box.lock();
                if (!alive || alive->is_closed()) return;  // the hub has gone
                now();
                take_publications();
            });
        });
    }
}

template <class T, class... P>
Hub<T, P...>::~Hub() {
    mailbox_->close();
    // Observers may still publish, and ask something of a session that has not ended yet: its connection must be there.
    sessions_.for_each([this](Record& session) {
        end(session, {.cause = Cause::server_drain, .detail = "the hub was destroyed while this session lived"});
    });
    if constexpr (Chosen::is_linked) link_.reset();
    transport_.detach();
}

template <class T, class... P>
std::error_code Hub<T, P...>::publish(std::string_view topic, Message message, PublishOptions options) {
    if (!engine::is_topic(topic)) return Errc::bad_topic;
    if constexpr (Chosen::is_linked) return publish_to_all(topic, message, options);
    if (!transport_.in_loop()) {
        run_in_loop([this, topic = std::string{topic}, opcode = message.opcode(), bytes = std::string{message.text()}, options] {
            publish(topic, Message{opcode, bytes}, options);
        });
        return {};
    }
    const TopicId id = topics_.intern(topic);
    open_round(id);
    const std::uint64_t sequence = topics_.next_sequence(id);
    try {
        deliver(id, Frame::encode(message.opcode(), message.bytes(), {id, sequence, options.key}));
    } catch (...) {
        topics_.take_back_sequence(id, sequence);
        throw;
    }
    tell_of_troubles();
    return {};
}

template <class T, class... P>
template <PayloadBuilder Build>
std::error_code Hub<T, P...>::publish(std::string_view topic, Build build, PublishOptions options) {
    if (!engine::is_topic(topic)) return Errc::bad_topic;
    if constexpr (Chosen::is_linked) return publish_to_all(topic, BuildPayload{std::move(build)}, options);
    if (!transport_.in_loop()) {
        run_in_loop([this, topic = std::string{topic}, build = std::move(build), options]() mutable { publish(topic, build, options); });
        return {};
    }
    TopicId id = topics_.intern(topic);
    const std::uint64_t sequence = topics_.next_sequence(id);
    try {
        const std::string payload{build(sequence)};
        // The builder may have had the topic forgotten; its place may be another's by now.
        if (topics_.name(id).empty()) {
            id = topics_.intern(topic);
            topics_.note_sequence(id, sequence);
        }
        const Frame frame = Frame::encode(Opcode::text, std::string_view{payload}, {id, sequence, options.key});
        open_round(id);  // only now: the builder may have published as well
        deliver(id, frame);
    } catch (...) {
        topics_.take_back_sequence(id, sequence);
        throw;
    }
    tell_of_troubles();
    return {};
}

template <class T, class... P>
void Hub<T, P...>::send(SessionId session, Message message) {
    if (transport_.in_loop()) {
        if (Session* found = find(session)) found->send(message);
        return;
    }
    run_in_loop([this, session, opcode = message.opcode(), bytes = std::string{message.text()}] {
        if (Session* found = find(session)) found->send(Message{opcode, bytes});
    });
}

template <class T, class... P>
void Hub<T, P...>::close(SessionId session, CloseCode code, std::string_view reason) {
    run_in_loop([this, session, code, reason = std::string{reason}] {
        if (Record* found = sessions_.find(session)) close(*found, code, reason);
    });
}

template <class T, class... P>
void Hub<T, P...>::drain(DrainPlan plan) {
    plan.validate();
    run_in_loop([this, plan] { begin_drain(plan); });
}

template <class T, class... P>
Session* Hub<T, P...>::find(SessionId session) {
    Record* found = sessions_.find(session);
    return found != nullptr && found->open() ? found : nullptr;
}

template <class T, class... P>
template <std::invocable<Session&, const SessionStats&> Visit>
void Hub<T, P...>::for_each_session(Visit&& visit) {
    now();
    settle_round();
    settle_sends();  // what was sent before is in the queues
    sessions_.for_each([&](Record& session) {
        if (session.open()) visit(session, engine::stats_of(session, now_));
    });
}

template <class T, class... P>
void Hub<T, P...>::configure_topic(std::string_view topic, TopicOptions options) {
    if (!engine::is_subscribable(topic))
        throw InvalidOption{"topic", std::string{topic.substr(0, 64)}, "1 to 255 bytes, `*` only as the last level",
                            "name a topic or a pattern such as `agents.*`"};
    settle_round();
    topics_.configure(topic, options);
    counters_.topics.set(topics_.topics());
}

template <class T, class... P>
bool Hub<T, P...>::forget_topic(std::string_view topic) {
    settle_round();
    const bool forgotten = topics_.forget(topic);
    counters_.topics.set(topics_.topics());
    return forgotten;
}

template <class T, class... P>
WhenFull Hub<T, P...>::when_full(std::string_view topic) {
    return topics_.options(topics_.intern(topic)).when_full.value_or(outbox_.when_full);
}

template <class T, class... P>
std::error_code Hub<T, P...>::send_all(Session& session, std::span<const Frame> frames) {
    auto& record = static_cast<Record&>(session);
    settle_round();
    settle_sends();
    if (!record.open()) return Errc::session_gone;
    std::size_t bytes = record.queue.bytes();
    std::size_t messages = record.queue.messages();
    for (const Frame& frame : frames) {
        bytes += frame.wire().size();
        messages += frame.messages();
    }
    if (bytes > outbox().max_bytes || messages > outbox().max_messages) return Errc::queue_full;
    for (const Frame& frame : frames) enqueue(record, frame, outbox_.when_full);
    tell_of_troubles();
    return {};
}

template <class T, class... P>
std::error_code Hub<T, P...>::send(Session& session, Message message) {
    auto& record = static_cast<Record&>(session);
    // Most often it follows one to the same session, with nothing in between.
    if (has_publications() || !record.open() || !sends_.takes(record.id(), message)) return send_first(record, message);
    sends_.add(message);
    return success_;
}

template <class T, class... P>
std::error_code Hub<T, P...>::send_first(Record& session, Message message) {
    settle_round();  // what was published or sent before comes before
    settle_sends();
    if (!session.open()) return Errc::session_gone;
    want_turn_end();
    sends_.begin(session.id(), session.queue.room(outbox()));
    std::error_code outcome;
    if (sends_.takes(session.id(), message)) {
        sends_.add(message);
    } else {
        sends_.forget();
        outcome = enqueue(session, Frame::encode(message.opcode(), message.bytes()), outbox_.when_full);
    }
    tell_of_troubles();
    return outcome;
}

template <class T, class... P>
std::error_code Hub<T, P...>::subscribe(Session& session, std::string_view topic) {
    if (!engine::is_subscribable(topic)) return Errc::bad_topic;
    settle_round();
    if (!static_cast<Record&>(session).open()) return Errc::session_gone;
    if (!permits(session, Action::subscribe, topic)) return Errc::not_permitted;
    if (!topics_.subscribe(session.id().index, topic)) return {};
    if (topics_.subscriptions_of(session.id().index) > client_limits_.max_subscriptions) {
        now();
        report_excess(static_cast<Record&>(session), Limit::subscriptions, client_limits_.action(), Duration::max());
        if (!client_limits_.dry_run) {
            topics_.unsubscribe(session.id().index, topic);
            return Errc::too_many_subscriptions;
        }
    }
    counters_.subscriptions.set(topics_.subscriptions());
    counters_.topics.set(topics_.topics());
    emit<event::Subscribed>([&] { return event::Subscribed{session.id(), std::string{topic}, now()}; });
    return {};
}

template <class T, class... P>
void Hub<T, P...>::unsubscribe(Session& session, std::string_view topic) {
    settle_round();
    if (!topics_.unsubscribe(session.id().index, topic)) return;
    if (companion_ != nullptr) companion_->on_unsubscribed(session.id(), topic);
    counters_.subscriptions.set(topics_.subscriptions());
    counters_.topics.set(topics_.topics());
    emit<event::Unsubscribed>([&] { return event::Unsubscribed{session.id(), std::string{topic}, now()}; });
}

template <class T, class... P>
void Hub<T, P...>::close(Session& session, CloseCode code, std::string_view reason) {
    if (!is_sendable(code)) code = CloseCode::internal_error;
    decide(static_cast<Record&>(session), {.cause = Cause::application_close,
                                           .code = code,
                                           .reason = reason.empty() ? engine::close_reason(Cause::application_close, code, jitter())
                                                                    : std::string{engine::fitting_reason(reason)},
                                           .flush = true});
}

template <class T, class... P>
template <class Callback>
std::optional<std::string> Hub<T, P...>::failure_of(Callback&& callback) {
    try {
        callback();
        return std::nullopt;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return unknown_exception;
    }
}

// Without failure_of, whose answer is a string, there or not, that would be looked at after each message.
template <class T, class... P>
template <class... Arguments>
void Hub<T, P...>::call_handler(Record& session, const std::function<void(Session&, Arguments...)>& handler, Arguments... arguments) {
    try {
        handler(session, arguments...);
    } catch (const std::exception& error) {
        note_failure(session, error.what());
    } catch (...) {
        note_failure(session, unknown_exception);
    }
}

template <class T, class... P>
void Hub<T, P...>::note_failure(Record& session, std::string what) {
    tell_of_failure(session.id(), what);
    if (session.stage == Stage::handshake) return;  // the request is answered with 500
    auto plan = engine::plan_close(Cause::handler_error, Duration::zero());
    plan.detail = std::move(what);
    decide(session, std::move(plan));
}

template <class T, class... P>
void Hub<T, P...>::tell_of_failure(SessionId session, std::string_view what) {
    counters_.handler_errors.add();
    emit<event::HandlerFailed>([&] { return event::HandlerFailed{session, std::string{what}, now_}; });
}

template <class T, class... P>
void Hub<T, P...>::run_in_loop(std::function<void()> task) {
    if (transport_.in_loop()) {
        now();
        task();
        return;
    }
    run_later(this, transport_, mailbox_, std::move(task));
}

/// In a later turn; for other threads. `transport` outlives the hub, and `mailbox` knows whether it is there.
template <class T, class... P>
void Hub<T, P...>::run_later(Hub* hub, T& transport, const std::shared_ptr<Mailbox>& mailbox, std::function<void()> task) {
    mailbox->put(std::move(task), [&] {
        transport.post([hub, box = std::weak_ptr{mailbox}] {
            const auto alive = box.lock();
            if (!alive || alive->is_closed()) return;  // the hub has gone
            hub->now();
            for (const auto& next : alive->take())
                if (const auto failure = failure_of(next)) hub->tell_of_failure({}, *failure);
        });
    });
}

}  // namespace kingbolt
