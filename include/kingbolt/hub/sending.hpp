#pragma once
// Hub: from a publication to one write per connection and turn. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <algorithm>
#include <utility>

namespace kingbolt {

// Publications are gathered into rounds. A round goes to each of its receivers as one frame, in one write: at the end of the turn,
// or before anything else that could change who receives it or stand in front of it in a queue. Nobody hears meanwhile of what goes wrong
// on the way: it is told when what was asked for is done, and at the latest when the turn ends.

/// What can fail of a publication, before its number is taken.
template <class T, class... P>
void Hub<T, P...>::open_round(TopicId topic) {
    if (!round_.is_for(topic) || round_.messages() >= outbox_.max_messages) {
        settle_round();
        topics_.prepare(topic);
    }
    round_.reserve_one();
}

template <class T, class... P>
void Hub<T, P...>::deliver(TopicId topic, Frame frame) {
    if constexpr (Chosen::times_turns)
        if (published_since_ == TimePoint::max()) published_since_ = now();
    counters_.published.add();
    counters_.topics.set(topics_.topics());
    if (!round_.empty() && round_.bytes() + frame.wire().size() > max_batch) settle_round();
    if (companion_ != nullptr) companion_->on_published(topics_.name(topic), frame, now_);
    round_.add(topic, std::move(frame));
    want_turn_end();
}

template <class T, class... P>
bool Hub<T, P...>::has_publications() const noexcept {
    return !round_.empty() || (Chosen::is_linked && publications_wait_);
}

template <class T, class... P>
void Hub<T, P...>::settle_round(bool turn_ends) {
    // Not those that are published while others are taken, by a builder or an observer: they come after these.
    if constexpr (Chosen::is_linked)
        if (publications_wait_ && !taking_publications_) take_publications();
    if (!round_.empty()) send_round(turn_ends);
}

template <class T, class... P>
void Hub<T, P...>::send_round(bool turn_ends) {
    settle_sends();
    const TopicId topic = round_.topic();
    const WhenFull wanted = topics_.options(topic).when_full.value_or(outbox_.when_full);
    while (const Frame frame = round_.take()) {
        topics_.for_each_subscriber(topic, [&](std::uint32_t index) {
            for_one(sessions_.at(index), [&](Record& session) {
                if (!session.open()) return;
                // Nothing more can come before the flush: what need not wait is not queued.
                if (turn_ends && session.queue.may_bypass(frame, outbox())) return write_past_queue(session, frame);
                enqueue(session, frame, wanted);
            });
        });
    }
}

/// Before anything else may be queued for that session, or its queue is looked at. When its read is over, what need not wait is not queued.
template <class T, class... P>
void Hub<T, P...>::settle_sends(bool read_ends) {
    if (sends_.empty()) return;
    Record* const found = sessions_.find(sends_.session());
    if (found == nullptr) return sends_.forget();
    for_one(*found, [&](Record& session) {
        const Frame frame = sends_.take();
        if (!session.open()) return;
        if (read_ends && session.queue.may_bypass(frame, outbox())) return write_past_queue(session, frame);
        enqueue(session, frame.compact(), outbox_.when_full);
    });
}

/// What a client is answered need not wait for the end of the turn, in which others may be read: nothing that has come with its messages
/// is left to be told. Each read leads to one write more at most, where something is published as well.
template <class T, class... P>
void Hub<T, P...>::on_read_end(SessionId id) {
    if (sends_.session() == id) settle_sends(true);
}

template <class T, class... P>
std::error_code Hub<T, P...>::enqueue(Record& session, const Frame& frame, WhenFull wanted) {
    if (giving_way(wanted) == WhenFull::disconnect) {
        make_room_by_writing(session, frame);
        if (!session.open()) return Errc::session_gone;
    }
    const auto outcome = counted(session, [&] {
        return session.queue.offer(frame, outbox(), giving_way(wanted), [&](const Frame& lost, bool conflated) {
            ++session.vitals.messages_dropped;
            counters_.messages_dropped.add();
            if (conflated) counters_.messages_conflated.add();
            troubles_.lost(session.id(), lost, conflated);
        });
    });
    using Offered = engine::SendQueue::Offered;
    if (outcome == Offered::overflow) {
        troubles_.overflowed(session.id());
        return Errc::queue_full;
    }
    const std::error_code result = outcome == Offered::dropped ? make_error_code(Errc::queue_full) : std::error_code{};
    if (result && frame.messages() == 1) return result;  // of a bundle some may have found room
    if (!session.high && (session.queue.bytes() > outbox_.max_bytes / 2 || session.queue.messages() > outbox_.max_messages / 2)) {
        session.high = true;
        troubles_.high(session.id());
    }
    mark_dirty(session);
    return result;
}

/// A turn may bring more than an outbox holds. Nobody is slow who was not written to yet.
template <class T, class... P>
void Hub<T, P...>::make_room_by_writing(Record& session, const Frame& frame) {
    if (session.queue.has_room(frame, outbox())) return;
    // Whatever was half done when memory ran out must not reach the next who is written to.
    for_one(session, [&](Record& full) {
        while (!full.queue.has_room(frame, outbox()) && !full.write_in_flight && !full.queue.nothing_to_take()) flush(full);
    });
}

template <class T, class... P>
void Hub<T, P...>::tell_of_troubles() {
    if (troubles_.none()) return;
    now();
    troubles_.tell(
        [this](SessionId id, const Frame& frame, bool conflated) {
            const Label& label = frame.label();
            emit<event::Dropped>([&] {
                return event::Dropped{id, std::string{topics_.name(label.topic)}, label.sequence, conflated, now_};
            });
        },
        [this](SessionId id) {
            if (const Record* session = sessions_.find(id))
                emit<event::QueueHigh>([&] { return event::QueueHigh{id, session->queue.bytes(), session->queue.messages(), now_}; });
        },
        [this](SessionId id) {
            if (Record* found = sessions_.find(id))
                for_one(*found, [&](Record& session) { decide(session, Cause::slow_consumer, jitter()); });
        });
    if (!troubles_.none()) want_turn_end();
}

template <class T, class... P>
void Hub<T, P...>::mark_dirty(Record& session) {
    if (!session.dirty) {
        dirty_.push_back(session.id());
        session.dirty = true;
    }
    want_turn_end();
}

template <class T, class... P>
void Hub<T, P...>::want_turn_end() {
    if (turn_end_requested_) return;
    transport_.end_turn_soon();
    turn_end_requested_ = true;
}

template <class T, class... P>
void Hub<T, P...>::on_turn_end() {
    now();
    settle_round(true);
    settle_sends();
    turn_end_requested_ = false;
    tell_of_troubles();
    flush_dirty();
    tell_of_turn();
    // Asked for while the turn was settled: this very turn could not be wanted any more.
    if (has_publications() || !sends_.empty()) want_turn_end();
}

/// Who comes back together with many others is owed much, and those who are owed little must not wait until all of them have it: what does
/// not fit into this turn has the next.
template <class T, class... P>
void Hub<T, P...>::flush_dirty() {
    std::swap(dirty_, flushing_);
    for (const SessionId id : flushing_) {
        Record* const found = sessions_.find(id);
        if (found == nullptr) continue;
        for_one(*found, [&](Record& session) {
            if (session.queue.bytes() > little)
                owed_much_.push_back(id);
            else
                flush(session);
        });
    }
    flushing_.clear();
    for (std::size_t written = 0; !owed_much_.empty() && written < most_a_turn; owed_much_.pop_front()) {
        if (Record* const found = sessions_.find(owed_much_.front())) for_one(*found, [&](Record& session) { written += flush(session); });
    }
    if (!owed_much_.empty()) want_turn_end();
}

template <class T, class... P>
void Hub<T, P...>::tell_of_turn() {
    if constexpr (Chosen::times_turns) {
        const TimePoint since = std::exchange(published_since_, TimePoint::max());
        if (since != TimePoint::max()) emit<event::TurnWritten>([&] { return event::TurnWritten{now() - since, now_}; });
    }
}

/// How many bytes the transport was given.
template <class T, class... P>
std::size_t Hub<T, P...>::flush(Record& session) {
    session.dirty = false;
    if (session.write_in_flight || (session.stage != Stage::open && session.stage != Stage::flushing)) return 0;
    const std::size_t bytes = session.queue.take(batch_, max_batch);
    if (bytes == 0) {
        if (session.stage != Stage::flushing) return 0;
        session.stage = Stage::closing;
        session.connection.close(session.decided->code, session.decided->reason);
        return 0;
    }
    count_messages_out(session);
    session.write_in_flight = true;
    const std::size_t taken = session.connection.write(batch_);
    batch_.clear();
    note_written(session, taken, taken == bytes);
    return bytes;
}

template <class T, class... P>
void Hub<T, P...>::write_past_queue(Record& session, const Frame& frame) {
    counted(session, [&] { session.queue.bypassed(frame); });
    count_messages_out(session);
    session.write_in_flight = true;
    const std::size_t taken = session.connection.write({&frame, 1});
    note_written(session, taken, taken == frame.wire().size());
}

template <class T, class... P>
void Hub<T, P...>::count_messages_out(Record& session) {
    const std::size_t messages = session.queue.messages_in_flight();
    if (messages == 0) return;
    session.vitals.last_message_out = now_;
    session.vitals.messages_out += messages;
    counters_.messages_out.add(messages);
}

template <class T, class... P>
void Hub<T, P...>::on_written(SessionId id, std::size_t bytes, bool complete) {
    now();
    for_one(*sessions_.find(id), [&](Record& session) { note_written(session, bytes, complete); });
}

/// `bytes` more of the write in flight have gone.
template <class T, class... P>
void Hub<T, P...>::note_written(Record& session, std::size_t bytes, bool complete) {
    const bool was_waiting = session.vitals.write_waiting_since != engine::Vitals::never;
    counted(session, [&] { session.queue.written(bytes, complete); });
    session.vitals.bytes_out += bytes;
    if (bytes > 0) session.vitals.last_byte_out = now_;
    session.vitals.write_waiting_since = complete ? engine::Vitals::never : now_;
    counters_.bytes_out.add(bytes);
    // A write that goes at once, as nearly all do, never waits.
    if (was_waiting)
        pulse_.on_write_moved(session.id().index, now_, !complete);
    else if (!complete)
        pulse_.on_write_waiting(session.id().index, now_);
    if (session.high && session.queue.bytes() <= outbox_.max_bytes / 4 && session.queue.messages() <= outbox_.max_messages / 4)
        session.high = false;
    if (!complete) return;
    session.write_in_flight = false;
    if (!session.queue.nothing_to_take() || session.stage == Stage::flushing) mark_dirty(session);
}

}  // namespace kingbolt
