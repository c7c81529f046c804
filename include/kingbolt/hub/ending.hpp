#pragma once
// Hub: deciding to end a session, ending it, and draining. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <algorithm>
#include <new>
#include <string>

namespace kingbolt {

template <class T, class... P>
void Hub<T, P...>::decide(Record& session, Cause cause, Duration come_back_after) {
    decide(session, engine::plan_close(cause, come_back_after));
}

template <class T, class... P>
void Hub<T, P...>::decide(Record& session, engine::ClosePlan plan) {
    if (plan.flush) settle_round();
    settle_sends();
    if (session.decided || session.stage == Stage::closing) return;
    now();  // what led here may be a timer of the application's own
    plan.tcp = session.connection.tcp_evidence();
    session.settle(std::move(plan));
    if (session.stage == Stage::handshake) return cut(session);
    // It is decided once: where memory ends half-way nobody would come back to it.
    for_one(session, [this](Record& leaving) {
        const bool flush_first = leaving.decided->flush;
        if (flush_first) say_farewell(leaving);
        stop_serving(leaving, flush_first ? Stage::flushing : Stage::closing, draining_ ? drain_deadline_ : now_ + deadlines_.close);
        if (flush_first)
            mark_dirty(leaving);
        else
            leaving.connection.close(leaving.decided->code, leaving.decided->reason);
    });
    emit<event::Closing>([&] {
        return event::Closing{session.id(), session.decided->cause, session.decided->code, session.decided->reason, now_};
    });
}

/// Behind what is queued. Where there is no room for it the Close frame says the same.
template <class T, class... P>
void Hub<T, P...>::say_farewell(Record& session) {
    if (companion_ == nullptr) return;
    const std::string words = companion_->farewell(session.id(), session.decided->code, session.decided->reason);
    if (!words.empty()) enqueue(session, Frame::encode(Opcode::text, std::string_view{words}), WhenFull::drop_newest);
}

template <class T, class... P>
void Hub<T, P...>::stop_serving(Record& session, Stage stage, TimePoint deadline) {
    leave_open(session, stage);
    pulse_.close(session.id().index, draining_ ? std::min(deadline, drain_deadline_) : deadline);
}

template <class T, class... P>
void Hub<T, P...>::note_left(const Record& session) noexcept {
    counters_.open_sessions.sub();
    if (companion_ != nullptr) companion_->on_gone(session.id());
}

template <class T, class... P>
void Hub<T, P...>::leave_open(Record& session, Stage stage) noexcept {
    if (session.open()) {
        note_left(session);
        counters_.closing_sessions.add();
    }
    if (stage == Stage::closing) forget_queue(session);
    session.stage = stage;
    if (stage == Stage::closing) session.queue.give_up();
}

template <class T, class... P>
void Hub<T, P...>::cut(Record& session) {
    const bool forced = session.stage == Stage::flushing || session.stage == Stage::closing;
    if (draining_ && forced && !session.forced) ++forced_in_drain_;
    session.forced = forced;
    if (session.stage == Stage::flushing) leave_open(session, Stage::closing);
    session.connection.abort();
}

/// Nothing that comes now has a meaning, but for a Close frame; and no limit counts it.
template <class T, class... P>
void Hub<T, P...>::cut_if_endless(Record& session) {
    if (client_limits_.dry_run || session.vitals.bytes_in - session.decided->bytes_in <= client_limits_.bytes_after_close) return;
    for_one(session, [this](Record& endless) {
        std::string& detail = endless.decided->detail;
        if (!detail.empty()) detail += "; ";
        detail += "sent more than " + std::to_string(client_limits_.bytes_after_close) + " bytes after the close was decided";
        cut(endless);
    });
}

template <class T, class... P>
template <class Work>
void Hub<T, P...>::for_one(Record& session, Work&& work) {
    try {
        work(session);
    } catch (const std::bad_alloc&) {
        batch_.clear();
        if (session.stage != Stage::handshake) leave_open(session, Stage::closing);
        session.connection.abort();
    }
}

template <class T, class... P>
void Hub<T, P...>::end(Record& session, const WireClosed& how) {
    const SessionId id = session.id();
    if (session.open())
        note_left(session);
    else if (session.stage != Stage::handshake)
        counters_.closing_sessions.sub();
    pulse_.remove(id.index);
    forget_queue(session);
    depart(session.more.entry);
    forget_excess(id);
    topics_.unsubscribe_all(id.index);
    const std::unique_ptr<Record> gone = sessions_.remove(id);
    counters_.closed.add();
    counters_.sessions.set(sessions_.size());
    counters_.subscriptions.set(topics_.subscriptions());
    counters_.topics.set(topics_.topics());
    forget_credentials(*gone);  // only now: what cancels a question may ask anything of the hub, but no more of this session
    tell_of_troubles();         // what it has lost, too: its end is the last that is told of a session

    emit<event::Closed>([&] { return engine::report_end(*gone, how, now_, lag_.worst()); });
}

template <class T, class... P>
void Hub<T, P...>::begin_drain(const DrainPlan& plan) {
    now();
    if (std::exchange(draining_, true)) return;
    counters_.draining.set(1);
    drain_deadline_ = now_ + plan.deadline;
    // A beat of which one tick falls on the deadline.
    transport_.tick_every(plan.deadline / ((plan.deadline + pulse_.tick() - Duration{1}) / pulse_.tick()));
    transport_.stop_accepting();
    emit<event::Draining>([&] { return event::Draining{sessions_.size(), plan.deadline, now_}; });
    const double window_ns = static_cast<double>(sessions_.size()) / plan.reconnects_per_second * 1e9;
    const auto window = static_cast<std::uint64_t>(std::min(window_ns, 3.6e12));
    sessions_.for_each([&](Record& session) {
        for_one(session, [&](Record& s) {
            if (s.open())
                decide(s, Cause::server_drain, Duration{static_cast<Duration::rep>(random_.below(window + 1))});
            else
                pulse_.hasten(s.id().index, drain_deadline_);
        });
    });
    finish_drain_if_empty();
}

/// The wheel may be up to two ticks late with a deadline; the end of a drain is promised to the supervisor, and may not be.
template <class T, class... P>
void Hub<T, P...>::cut_what_is_left() {
    sessions_.for_each([this](Record& session) { for_one(session, [this](Record& s) { on_deadline(s); }); });
}

template <class T, class... P>
void Hub<T, P...>::finish_drain_if_empty() {
    if (!draining_ || sessions_.size() != 0 || std::exchange(drained_, true)) return;
    transport_.tick_every(Duration::zero());
    emit<event::Drained>([&] { return event::Drained{forced_in_drain_, now_}; });
}

}  // namespace kingbolt
