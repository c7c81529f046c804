#pragma once
// All that the hub keeps for one session, its liveness apart (that is in Pulse).

#include <kingbolt/engine/close_plan.hpp>
#include <kingbolt/engine/send_queue.hpp>
#include <kingbolt/engine/session.hpp>
#include <kingbolt/engine/vitals.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::engine {

/// `More` is what the hub's policies need besides.
template <class Connection, class RateLimit, class More>
struct SessionRecord final : Session {
    /// How far a session has come. From `flushing` on the close has been decided and nothing new is taken.
    enum class Stage : std::uint8_t { handshake, open, flushing, closing };

    SessionRecord(SessionId id, SessionCommands& commands, Connection& c, std::string remote, TimePoint now)
        : Session{id, commands, std::move(remote)}, connection{c} {
        vitals.accepted = now;
    }

    bool open() const noexcept { return stage == Stage::open; }
    Phase phase() const noexcept { return stage == Stage::handshake ? Phase::handshake : open() ? Phase::open : Phase::closing; }

    void set_request(std::string_view path, std::size_t offered) {
        request_ = path;
        path_size_ = static_cast<std::uint32_t>(path.size());
        offered_subprotocols = static_cast<std::uint32_t>(offered);
    }
    void settle(ClosePlan plan) {
        plan.bytes_in = vitals.bytes_in;
        decided = std::make_unique<ClosePlan>(std::move(plan));
    }
    void set_subprotocol(std::string_view agreed) {
        request_.resize(path_size_);
        request_ += agreed;
    }

    Connection& connection;
    SendQueue queue;
    Vitals vitals;
    std::unique_ptr<ClosePlan> decided;  ///< what it ends for, once the hub or the client has said so
    [[no_unique_address]] typename RateLimit::State rate;
    [[no_unique_address]] More more;
    std::uint32_t offered_subprotocols = 0;
    Stage stage = Stage::handshake;
    bool write_in_flight = false;
    bool dirty = false;   ///< will be flushed at the end of this turn
    bool high = false;    ///< its queue is over half of a bound, and that has been said
    bool forced = false;  ///< cut, because its close took too long, or too much was sent meanwhile
};

}  // namespace kingbolt::engine
