#pragma once
// Any callable as an observer: `On{[](const event::Closed& e) { ... }}`.

#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/slot.hpp>

#include <utility>

namespace kingbolt {

/// Does nothing. Costs nothing: an observer must accept some event, and this one is built once in a hub's life.
struct Silent {
    using slot = slot::observer;
    constexpr void operator()(const event::Drained&) const noexcept {}
};

/// Calls `f` for each event that it accepts, on the hub's loop.
template <class F>
struct On {
    static_assert(Observer<F>,
                  "kingbolt: slot::observer wants an Observer: On{...} takes a callable that accepts an event (concepts/observer.hpp)");
    using slot = slot::observer;
    F f;  ///< what is called

    template <class E>
        requires Observes<F, E>
    void operator()(const E& event) { f(event); }
};

template <class F>
On(F) -> On<F>;

}  // namespace kingbolt
