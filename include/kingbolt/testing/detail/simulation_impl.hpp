#pragma once
// Simulation: how time passes. Included by testing/simulation.hpp.

#include <kingbolt/testing/simulation.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace kingbolt::testing {

inline Simulation::Simulation(std::uint64_t seed, SimulationOptions options)
    : seed_{seed != 0 ? seed : std::uint64_t{1} << 63U},
      options_{options},
      world_{seed, options.records_trace},
      transport_{world_, options.max_message} {}

// Clients.

inline Peer& Simulation::connect(PeerOptions options) {
    const auto number = static_cast<std::uint32_t>(peers_.size() + 1);
    if (options.remote.empty()) {
        const auto part = [number](unsigned shift) { return std::to_string((number >> shift) & 0xFFU); };
        options.remote = "10." + part(16) + '.' + part(8) + '.' + part(0) + ":50000";
    }
    peers_.emplace_back(new Peer{transport_.server_, number, std::move(options), options_.send_buffer, options_.receive_buffer});
    peers_.back()->connect();
    return *peers_.back();
}

inline Peer& Simulation::open(PeerOptions options, Duration within) {
    Peer& peer = connect(std::move(options));
    run_until([&peer] { return peer.response() || peer.has_ended(); }, within);
    return peer;
}

inline HttpResponse Simulation::http_get(std::string target, Duration within) {
    Peer& peer = open({.handshake = Handshake::plain_http, .target = std::move(target)}, within);
    if (!peer.response()) throw std::runtime_error{"no answer to the GET request"};
    HttpResponse response = *peer.response();
    run_until([&peer] { return peer.has_ended(); }, within);
    forget(peer);
    return response;
}

inline bool Simulation::forget(Peer& peer) {
    const bool hub_is_done = peer.refused() || peer.connection_.stage_ == SimulatedConnection::Stage::gone;
    if (!peer.gone() || !hub_is_done) return false;
    graves_.push_back(std::move(peers_[peer.number() - 1]));
    bury();
    return true;
}

/// Events may still name a forgotten peer; it is destroyed when none does.
inline void Simulation::bury() {
    std::erase_if(graves_, [](const auto& peer) { return peer->at_rest(); });
}

// Time.

/// One step, if one is due by `until`: an event, or the end of a turn when all events of this instant are through.
inline bool Simulation::step(TimePoint until) {
    if (++world_.steps_at_once > options_.most_steps_at_once)
        throw std::runtime_error{"virtual time stands still: something always wants to happen at once"};
    const detail::World::Running running{world_};
    auto& scheduler = world_.scheduler;
    const bool instant_over = scheduler.empty() || scheduler.next_at() > world_.now;
    if (instant_over && transport_.turn_end_due()) {
        transport_.end_turn();
    } else if (!scheduler.empty() && scheduler.next_at() <= until) {
        dispatch(scheduler.pop());
    } else {
        return false;
    }
    if (world_.violation) throw ContractViolation{*world_.violation};
    return true;
}

inline void Simulation::dispatch(const detail::Event& event) {
    world_.advance_to(std::max(event.at, world_.now));
    world_.note(event.step, event.actor->number(), event.argument);
    event.actor->run(event.step, event.argument);
}

inline void Simulation::run_for(Duration duration) {
    const TimePoint until = world_.now + duration;
    while (step(until)) {
    }
    world_.advance_to(until);
    bury();
}

inline bool Simulation::run_until(const std::function<bool()>& condition, Duration within) {
    const TimePoint until = world_.now + within;
    while (!condition()) {
        if (step(until)) continue;
        world_.advance_to(until);
        return condition();
    }
    return true;
}

inline bool Simulation::run_until_idle(Duration within) {
    return run_until([this] { return pending_events() == ticks_pending(); }, within);
}

// Faults and findings.

inline void Simulation::freeze_loop(Duration duration) {
    world_.frozen_until = std::max(world_.frozen_until, world_.now + duration);
    // Something has to happen when the loop can run again, if only the end of a turn.
    world_.happen(world_.frozen_until - world_.now, transport_, detail::Step::thaw);
}

inline std::size_t Simulation::buffered_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const auto* connection : transport_.server_.live) bytes += connection->buffered();
    return bytes;
}

}  // namespace kingbolt::testing
