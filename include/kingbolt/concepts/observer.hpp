#pragma once
// Observers hear facts. An observer is any callable that accepts at least one event type; events that it does not accept
// are not even built.

#include <kingbolt/core/breaker.hpp>
#include <kingbolt/core/event.hpp>

#include <concepts>
#include <type_traits>

namespace kingbolt {

/// True when `O` wants to hear of `E`.
template <class O, class E>
concept Observes = std::invocable<O&, const E&>;

/// Worked model: `struct CountClosed { int n = 0; void operator()(const kb::event::Closed&) { ++n; } };`
/// A hub's observers run on its loop, a circuit breaker's on the thread that brought the change about; in the order they were given.
/// What they throw is swallowed, so they should log it themselves.
template <class O>
concept Observer = Observes<O, event::Accepted> || Observes<O, event::Opened> || Observes<O, event::Rejected> ||
    Observes<O, event::TurnedAway> || Observes<O, event::Authenticated> || Observes<O, event::AuthenticationFailed> ||
    Observes<O, event::Ticked> || Observes<O, event::TurnWritten> || Observes<O, event::LimitExceeded> ||
    Observes<O, event::MemoryPressure> || Observes<O, event::MessageReceived> || Observes<O, event::PingSent> ||
    Observes<O, event::PingReceived> || Observes<O, event::PongReceived> || Observes<O, event::PongMissed> ||
    Observes<O, event::LoopStalled> || Observes<O, event::Subscribed> || Observes<O, event::Unsubscribed> ||
    Observes<O, event::QueueHigh> || Observes<O, event::Dropped> || Observes<O, event::HandlerFailed> || Observes<O, event::Draining> ||
    Observes<O, event::Drained> || Observes<O, event::Closing> || Observes<O, event::Closed> || Observes<O, event::BreakerChanged>;

}  // namespace kingbolt
