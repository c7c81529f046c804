#pragma once
// A hub for Prometheus: what it counts anyway, and what only its events tell.

#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/event.hpp>
#include <kingbolt/core/limit.hpp>
#include <kingbolt/engine/stats.hpp>
#include <kingbolt/metrics/durations.hpp>
#include <kingbolt/metrics/page.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace kingbolt::metrics {

/// An observer, of one hub; give it to the hub as an lvalue. It hears of connections, pings, ticks and turns, never of single messages:
/// these cost what they cost without it. The hub's loop writes, any thread may call `write`.
class HubMetrics {
public:
    using slot = kingbolt::slot::observer;

    void operator()(const event::TurnedAway& e) noexcept { turned_away_[e.status == 429 ? 1 : 0].add(); }
    void operator()(const event::Rejected& e) noexcept { rejected_[at(e.cause)].add(); }
    void operator()(const event::Authenticated& e) noexcept { authenticated_[e.again ? 1 : 0].add(); }
    void operator()(const event::AuthenticationFailed& e) noexcept { auth_failures_[e.again ? 1 : 0][at(e.why)].add(); }
    void operator()(const event::PongReceived& e) noexcept {
        if (e.rtt) rtt_.add(*e.rtt);
    }
    void operator()(const event::QueueHigh&) noexcept { queue_high_.add(); }
    void operator()(const event::Ticked& e) noexcept { loop_lag_.add(e.lag); }
    void operator()(const event::LoopStalled&) noexcept { loop_stalls_.add(); }
    void operator()(const event::TurnWritten& e) noexcept { publish_to_write_.add(e.took); }
    void operator()(const event::Closed& e) noexcept { closed_[e.open_for ? 1 : 0][at(e.cause)].add(); }

    /// `stats` are of the same hub. `labels` tell it from the other hubs of the page, if there are any.
    void write(Page& page, const HubStats& stats, const Labels& labels = {}) const {
        write_connections(page, stats, labels);
        write_authentication(page, labels);
        write_traffic(page, stats, labels);
        write_liveness(page, stats, labels);
        write_limits(page, stats, labels);
    }

private:
    using Counter = engine::Counter;
    using ByCause = std::array<Counter, cause_count>;

    template <class Enum>
    static constexpr std::size_t at(Enum value) noexcept {
        return static_cast<std::size_t>(value);
    }
    template <class Enum>
    static std::string_view name(std::size_t index) noexcept {
        return to_string(static_cast<Enum>(index));
    }
    static constexpr std::array<Cause, 7> refusals{Cause::upgrade_refused, Cause::unoffered_subprotocol, Cause::not_admitted,
                                                   Cause::origin_refused,  Cause::unauthenticated,       Cause::server_drain,
                                                   Cause::handler_error};

    void write_connections(Page& page, const HubStats& stats, const Labels& labels) const {
        // Read one after the other: for a moment the parts may seem more than the whole.
        const std::uint64_t upgraded = stats.open_sessions + stats.closing_sessions;
        const std::uint64_t handshakes = stats.sessions > upgraded ? stats.sessions - upgraded : 0;
        for (const auto& [state, count] :
             {std::pair{"handshake", handshakes}, {"open", stats.open_sessions}, {"closing", stats.closing_sessions}})
            page.gauge("kingbolt_connections", "Connections by what they are in.", count, with(labels, "state", state));
        page.counter("kingbolt_connections_accepted_total", "TCP connections that were accepted.", stats.accepted, labels);
        for (const std::size_t one : {0U, 1U})
            page.counter("kingbolt_connections_turned_away_total", "TCP connections that were sent away before their request was read.",
                         turned_away_[one].get(), with(labels, "status", one == 0 ? "503" : "429"));
        page.counter("kingbolt_upgrades_total", "Upgrades that were completed.", stats.opened, labels);
        for (const Cause cause : refusals)
            page.counter("kingbolt_upgrades_rejected_total", "Upgrades that were refused, by cause.", rejected_[at(cause)].get(),
                         with(labels, "cause", to_string(cause)));
        for (const std::size_t upgraded_too : {0U, 1U})
            for (std::size_t cause = 0; cause < cause_count; ++cause)
                page.counter("kingbolt_connections_closed_total", "Connections that ended, by cause; upgraded: they had been a WebSocket.",
                             closed_[upgraded_too][cause].get(),
                             with(with(labels, "cause", name<Cause>(cause)), "upgraded", upgraded_too == 0 ? "no" : "yes"));
        page.gauge("kingbolt_draining", "1 while the hub takes no new connections and sends the present ones away.", stats.draining ? 1 : 0,
                   labels);
    }

    void write_authentication(Page& page, const Labels& labels) const {
        for (const std::size_t again : {0U, 1U}) {
            const Labels at_stage = with(labels, "stage", again == 0 ? "upgrade" : "refresh");
            page.counter("kingbolt_authentications_total", "Credentials that were accepted.", authenticated_[again].get(), at_stage);
            for (std::size_t why = 0; why < auth_failure_count; ++why)
                page.counter("kingbolt_authentication_failures_total", "Credentials that were not accepted, by reason.",
                             auth_failures_[again][why].get(), with(at_stage, "reason", name<AuthFailure>(why)));
        }
    }

    void write_traffic(Page& page, const HubStats& stats, const Labels& labels) const {
        page.counter("kingbolt_messages_received_total", "Messages of clients.", stats.messages_in, labels);
        page.counter("kingbolt_messages_sent_total", "Messages that were handed to the transport, for each client that gets them.",
                     stats.messages_out, labels);
        page.counter("kingbolt_received_bytes_total", "Bytes of clients, as on the wire.", stats.bytes_in, labels);
        page.counter("kingbolt_sent_bytes_total", "Bytes to clients after their upgrades.", stats.bytes_out, labels);
        page.counter("kingbolt_publications_total", "Messages that were published, however many hear them.", stats.published, labels);
        page.gauge("kingbolt_topics", "Topics that the hub knows.", stats.topics, labels);
        page.gauge("kingbolt_subscriptions", "Subscriptions of all clients.", stats.subscriptions, labels);
        const std::uint64_t full =
            stats.messages_dropped > stats.messages_conflated ? stats.messages_dropped - stats.messages_conflated : 0;
        for (const auto& [reason, count] : {std::pair{"full", full}, {"conflated", stats.messages_conflated}})
            page.counter("kingbolt_messages_dropped_total",
                         "Messages that an outbox had no room for; conflated: a newer one took their place.", count,
                         with(labels, "reason", reason));
        page.gauge("kingbolt_queued_messages", "Messages in all outboxes, as of the last tick.", stats.queued_messages, labels);
        page.gauge("kingbolt_queued_bytes", "Bytes in all outboxes, as of the last tick.", stats.queued_bytes, labels);
        page.gauge("kingbolt_held_bytes", "Bytes of messages and requests that have come in part, where there is a MemoryBudget.",
                   stats.held_bytes, labels);
        page.counter("kingbolt_queue_high_total", "Times that an outbox passed half of its bounds.", queue_high_.get(), labels);
        page.histogram("kingbolt_publish_to_write_seconds",
                       "Of turns of the loop that published: from the first publication until all that could be written was.",
                       publish_to_write_, labels);
    }

    void write_liveness(Page& page, const HubStats& stats, const Labels& labels) const {
        page.counter("kingbolt_pings_sent_total", "Pings that were sent.", stats.pings_sent, labels);
        page.counter("kingbolt_pongs_missed_total", "Pings whose pong did not come in time.", stats.pongs_missed, labels);
        page.histogram("kingbolt_ping_rtt_seconds", "Round trips of pings, by the pongs that answered them.", rtt_, labels);
        page.histogram("kingbolt_loop_lag_seconds", "How late each tick of the loop was.", loop_lag_, labels);
        page.counter("kingbolt_loop_stalls_total", "Ticks that were so late that no client was blamed for what it missed.",
                     loop_stalls_.get(), labels);
        page.counter("kingbolt_handler_errors_total", "Callbacks of the application that threw.", stats.handler_errors, labels);
    }

    void write_limits(Page& page, const HubStats& stats, const Labels& labels) const {
        for (std::size_t limit = 0; limit < limit_count; ++limit)
            for (std::size_t action = 0; action < on_excess_count; ++action)
                page.counter("kingbolt_limits_exceeded_total", "Times that a client asked for more than it may, and what was done.",
                             stats.excesses[limit][action],
                             with(with(labels, "limit", name<Limit>(limit)), "action", name<OnExcess>(action)));
    }

    std::array<Counter, 2> turned_away_{};  ///< 503, 429
    ByCause rejected_{};
    std::array<ByCause, 2> closed_{};  ///< before their upgrade, after it
    std::array<Counter, 2> authenticated_{};
    std::array<std::array<Counter, auth_failure_count>, 2> auth_failures_{};
    Counter queue_high_{}, loop_stalls_{};
    Durations rtt_, loop_lag_, publish_to_write_;
};

static_assert(Observer<HubMetrics>);

}  // namespace kingbolt::metrics
