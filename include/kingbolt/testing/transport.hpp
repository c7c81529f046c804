#pragma once
// The simulated server: one loop in virtual time, to which a hub attaches. It is part of a Simulation.

#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/testing/connection.hpp>
#include <kingbolt/testing/detail/server.hpp>
#include <kingbolt/testing/detail/world.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace kingbolt::testing {

/// Models Transport. After `detach` another hub may attach, as after the restart of a process.
class SimulatedTransport final : detail::Actor {
public:
    /// What Transport asks.
    using Connection = SimulatedConnection;

    void attach(TransportEvents<Connection>& events) {
        if (server_.events != nullptr) world_.violate(0, "attach while another hub is attached");
        server_.events = &events;
        server_.listening = true;
    }
    void detach() {
        world_.require_loop(0, "detach");
        while (!server_.live.empty()) {
            auto& connection = *server_.live.back();
            connection.to_peer_.reset();
            connection.forget();
        }
        tick_every(Duration::zero());
        server_.events = nullptr;
        server_.listening = false;
        turn_end_wanted_ = false;
    }

    /// Tasks outlive `detach`, as they do in a real loop.
    void post(std::function<void()> task) {
        tasks_.push_back(std::move(task));
        if (tasks_.size() == 1) world_.wake(world_.now, *this, detail::Step::tasks);
    }
    bool in_loop() const noexcept { return !world_.other_thread; }

    void end_turn_soon() {
        world_.require_loop(0, "end_turn_soon");
        turn_end_wanted_ = server_.events != nullptr;
    }
    void tick_every(Duration period) {
        world_.require_loop(0, "tick_every");
        ++tick_series_;
        period_ = period;
        if (period > Duration::zero()) schedule_tick(world_.now + period);
    }
    void stop_accepting() {
        world_.require_loop(0, "stop_accepting");
        server_.listening = false;
    }

    std::size_t held_bytes() const noexcept {
        std::size_t held = 0;
        for (const Connection* connection : server_.live) held += connection->held_bytes();
        return held;
    }

private:
    friend class Simulation;

    SimulatedTransport(detail::World& world, std::size_t max_message) : Actor{0}, world_{world}, server_{world, max_message} {}

    void run(detail::Step step, std::uint32_t series) override {
        if (step == detail::Step::thaw || world_.put_off(*this, step, series)) return;
        if (step == detail::Step::tasks) {
            for (auto& task : std::exchange(tasks_, {})) task();
        } else if (series == tick_series_) {
            // Ticks that a late loop has missed are left out; the phase is kept.
            const auto late = world_.now - tick_due_;
            schedule_tick(tick_due_ + (late / period_ + 1) * period_);
            server_.events->on_tick();
        }
    }
    void schedule_tick(TimePoint due) {
        tick_due_ = due;
        world_.wake(due, *this, detail::Step::tick, tick_series_);
    }

    bool turn_end_due() const noexcept { return turn_end_wanted_ && !world_.frozen(); }
    void end_turn() {
        world_.note(detail::Step::turn_end, 0);
        turn_end_wanted_ = false;
        server_.events->on_turn_end();
    }

    detail::World& world_;
    detail::Server server_;
    std::vector<std::function<void()>> tasks_;
    Duration period_{};
    TimePoint tick_due_{};
    std::uint32_t tick_series_ = 0;
    bool turn_end_wanted_ = false;
};

static_assert(Transport<SimulatedTransport>);

}  // namespace kingbolt::testing
