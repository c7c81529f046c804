#pragma once
// An observer that writes everything down, for tests that compare what happened with what should have:
//
//     kb::testing::Journal journal;
//     kb::Hub hub{sim.transport(), sim.clock(), journal};
//     …
//     CHECK(journal.take() == Events{Accepted{peer}, Opened{peer}, PingSent{peer, 1}, PongMissed{peer, 1}, …});

#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/event.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/testing/facts.hpp>
#include <kingbolt/testing/print.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <ostream>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace kingbolt::testing {

/// Any event. Prints itself in one line.
struct Event {
    /// One of them.
    using Any = std::variant<event::Accepted, event::TurnedAway, event::Authenticated, event::AuthenticationFailed, event::Ticked,
                             event::TurnWritten, event::Opened, event::Rejected, event::LimitExceeded, event::MemoryPressure,
                             event::MessageReceived, event::PingSent, event::PingReceived, event::PongReceived, event::PongMissed,
                             event::LoopStalled, event::Subscribed, event::Unsubscribed, event::QueueHigh, event::Dropped,
                             event::HandlerFailed, event::Draining, event::Drained, event::Closing, event::Closed>;

    /// Any event.
    template <class E>
        requires std::constructible_from<Any, E> Event(E e) : any{std::move(e)} {}

        bool operator==(const Event&) const = default;
        /// For messages of failed tests.
        friend std::ostream& operator<<(std::ostream& out, const Event& e) {
            return std::visit([&out](const auto& fact) -> std::ostream& { return out << text_of(fact); }, e.any);
        }

        Any any;  ///< the event
};

/// In the order in which they happened.
using Events = std::vector<Event>;

/// Hears of the events `E…` and of no others. Give it to a hub by reference. Not for several threads: read it where the hub's loop is.
template <class... E>
class JournalOf {
public:
    using slot = kingbolt::slot::observer;

    template <class Heard>
        requires(std::same_as<Heard, E> || ...)
    void operator()(const Heard& event) { events_.emplace_back(event); }

    /// What happened since the last call, reduced to facts: see facts.hpp.
    Events take() { return facts_of(std::exchange(events_, {})); }
    /// Likewise, but only what happened to one session; the rest stays.
    Events take(SessionId session) {
        Events mine, others;
        for (Event& e : events_) (is_of(e, session) ? mine : others).push_back(std::move(e));
        events_ = std::move(others);
        return facts_of(mine);
    }

    /// All that happened since the last `take` or `clear`, with times and evidence.
    const Events& all() const noexcept { return events_; }
    /// Those of one type, in order.
    template <class Wanted>
    std::vector<Wanted> of() const {
        std::vector<Wanted> found;
        for (const Event& e : events_) {
            if (const auto* event = std::get_if<Wanted>(&e.any)) found.push_back(*event);
        }
        return found;
    }
    /// How many of that kind.
    template <class Wanted>
    std::size_t count() const noexcept {
        return static_cast<std::size_t>(
            std::ranges::count_if(events_, [](const Event& e) { return std::holds_alternative<Wanted>(e.any); }));
    }
    /// The end of a session, with all its evidence. Throws std::out_of_range when it has not ended.
    event::Closed closed(SessionId session) const {
        for (const event::Closed& closed : of<event::Closed>()) {
            if (closed.session == session) return closed;
        }
        throw std::out_of_range{"this session has not ended"};
    }

    /// Forgets what was heard.
    void clear() noexcept { events_.clear(); }

private:
    static Events facts_of(const Events& events) {
        Events facts;
        facts.reserve(events.size());
        for (const Event& e : events) facts.push_back(std::visit([](const auto& event) { return Event{fact(event)}; }, e.any));
        return facts;
    }
    static bool is_of(const Event& e, SessionId session) {
        return std::visit(
            [session](const auto& event) {
                if constexpr (requires { event.session; }) {
                    return event.session == session;
                } else {
                    return false;
                }
            },
            e.any);
    }

    Events events_;
};

/// Hears of everything but Ticked and TurnWritten, which come all the time.
using Journal =
    JournalOf<event::Accepted, event::TurnedAway, event::Authenticated, event::AuthenticationFailed, event::Opened, event::Rejected,
              event::LimitExceeded, event::MemoryPressure, event::MessageReceived, event::PingSent, event::PingReceived,
              event::PongReceived, event::PongMissed, event::LoopStalled, event::Subscribed, event::Unsubscribed, event::QueueHigh,
              event::Dropped, event::HandlerFailed, event::Draining, event::Drained, event::Closing, event::Closed>;

static_assert(Observer<Journal>);

}  // namespace kingbolt::testing
