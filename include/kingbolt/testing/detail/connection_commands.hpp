#pragma once
// SimulatedConnection: what a hub commands, and the rules that it has to keep. Included by testing/connection.hpp.

#include <kingbolt/testing/connection.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::testing {

// None of them calls back (rule 2): they change what the next wakeup finds.

inline void SimulatedConnection::require(const char* command) {
    server_.world.require_loop(number(), command);
    if (stage_ == Stage::gone) server_.world.violate(number(), std::string{command} + " after on_closed (rule 3)");
}

inline void SimulatedConnection::answer_upgrade(const UpgradeResponse& response) {
    auto& world = server_.world;
    require("answer_upgrade");
    if (!alive() || aborted_) return;
    if (!waits_for_hub_ || answer_) world.violate(number(), "answer_upgrade where no answer was deferred");
    if (response.is_deferred()) world.violate(number(), "answer_upgrade with what is no answer");
    answer_ = response;
    wake();
}

inline std::size_t SimulatedConnection::write(std::span<const Frame> frames) {
    auto& world = server_.world;
    require("write");
    if (!alive()) world.violate(number(), "write in on_closed");
    if (stage_ != Stage::open) world.violate(number(), "write before on_opened");
    if (aborted_) world.violate(number(), "write after abort");
    if (close_by_hub_) world.violate(number(), "write after close");
    if (close_received_) world.violate(number(), "write after on_close_received (rule 7)");
    if (write_in_flight_) world.violate(number(), "write while one is in flight (rule 5)");
    std::size_t bytes = 0;
    for (const Frame& frame : frames) {
        bytes += frame.wire().size();
        world.trace.note(frame.wire());
        outbound_.push(frame);
    }
    if (bytes == 0) world.violate(number(), "write of nothing");
    world.note(detail::Step::write, number(), bytes);
    write_in_flight_ = true;
    if (world.random.chance(world.faults.write_stall_probability)) {
        stalled_until_ = world.now + world.random.up_to(world.faults.longest_write_stall);
        world.happen(stalled_until_ - world.now, *this, detail::Step::unstall);
    }
    flush();
    write_in_flight_ = outbound_.unwritten() != 0;
    return std::exchange(written_, 0);
}

inline void SimulatedConnection::close(CloseCode code, std::string_view reason) {
    auto& world = server_.world;
    require("close");
    if (!alive()) return;
    if (stage_ != Stage::open) world.violate(number(), "close before on_opened");
    if (close_by_hub_) world.violate(number(), "close after close");
    if (!is_sendable(code)) world.violate(number(), "close with a code that nobody may send (RFC 6455 section 7.4)");
    if (reason.size() > 123) world.violate(number(), "close with a reason over 123 bytes (RFC 6455 section 5.5)");
    world.note(detail::Step::close, number(), static_cast<std::uint64_t>(code));
    close_by_hub_ = true;
    if (aborted_ || close_sent_) return;  // the answer to the peer's Close is on its way already
    queue_close(code, reason);
    wake();
}

inline void SimulatedConnection::abort() {
    require("abort");
    server_.world.note(detail::Step::abort, number(), 0);
    if (aborted_ || !alive()) return;
    aborted_ = true;
    how_.tcp = tcp_evidence();  // now, because the reset throws away what it speaks of
    outbound_.clear();
    to_peer_.reset();
    wake();
}

inline void SimulatedConnection::pause_reading() {
    require("pause_reading");
    server_.world.note(detail::Step::pause, number(), 0);
    paused_ = true;
}

inline void SimulatedConnection::resume_reading() {
    require("resume_reading");
    server_.world.note(detail::Step::resume, number(), 0);
    paused_ = false;
    wake();
}

inline std::optional<TcpEvidence> SimulatedConnection::tcp_evidence() const {
    constexpr std::size_t segment = 1460;
    constexpr unsigned most_retransmits = 15;  // Linux' tcp_retries2
    const TimePoint now = server_.world.now;
    TcpEvidence evidence{.unacknowledged = static_cast<std::uint32_t>((to_peer_.in_flight() + segment - 1) / segment),
                         .unsent_bytes = static_cast<std::uint32_t>(to_peer_.unacknowledged()),
                         .unread_bytes = static_cast<std::uint32_t>(from_peer_.unread().size()),
                         .rtt = round_trip_,
                         .since_last_ack = now - to_peer_.last_acknowledged()};
    if (to_peer_.in_flight() == 0) return evidence;
    Duration waited = now - to_peer_.oldest_sent() - round_trip_;
    for (Duration timeout = std::chrono::milliseconds{200}; waited >= timeout && evidence.retransmits < most_retransmits; timeout *= 2) {
        ++evidence.retransmits;
        waited -= timeout;
    }
    return evidence;
}

}  // namespace kingbolt::testing
