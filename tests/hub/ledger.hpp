#pragma once
// An observer that audits a hub: what must hold for every session, whatever a test is about.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/event.hpp>
#include <kingbolt/engine/stats.hpp>
#include <kingbolt/testing/print.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

namespace kingbolt::test {

class Ledger {
public:
    using slot = kingbolt::slot::observer;

    template <class E>
    void operator()(const E& e) {
        require(e.at >= now_, e, "time ran backwards");
        now_ = e.at;
        if constexpr (requires { e.session; }) {
            check(e, sessions_[e.session]);
        }
        count(e);
    }

    /// What was wrong, in order.
    const std::vector<std::string>& faults() const noexcept { return faults_; }

    /// Accepted and not closed.
    std::vector<SessionId> living() const {
        std::vector<SessionId> ids;
        for (const auto& [id, account] : sessions_)
            if (account.accepted && !account.closed) ids.push_back(id);
        return ids;
    }

    /// Nothing is left, and what was counted on the way is what the hub counted.
    void settle(const HubStats& stats) {
        for (const SessionId id : living()) fault("no Closed for session " + std::to_string(id.index));
        same("sessions", stats.sessions, 0);
        same("open_sessions", stats.open_sessions, 0);
        same("closing_sessions", stats.closing_sessions, 0);
        same("subscriptions", stats.subscriptions, 0);
        same("accepted", stats.accepted, accepted_);
        same("closed", stats.closed, accepted_);
        same("opened", stats.opened, opened_);
        same("rejected", stats.rejected, rejected_);
        same("messages_in", stats.messages_in, messages_);
        same("messages_in of all sessions", stats.messages_in, sum_.messages_in);
        same("messages_out of all sessions", stats.messages_out, sum_.messages_out);
        same("bytes_in of all sessions", stats.bytes_in, sum_.bytes_in);
        same("bytes_out of all sessions", stats.bytes_out, sum_.bytes_out);
        same("messages_dropped", stats.messages_dropped, dropped_);
        same("messages_dropped of all sessions", stats.messages_dropped, sum_.messages_dropped);
        same("pings_sent", stats.pings_sent, pings_);
        same("pongs_missed", stats.pongs_missed, missed_);
        same("handler_errors", stats.handler_errors, failures_);
    }

private:
    struct Account {
        bool accepted = false, opened = false, rejected = false, closing = false, closed = false;
    };

    template <class E>
    void check(const E& e, Account& account) {
        if constexpr (std::is_same_v<E, event::HandlerFailed>) {
            if (!e.session) return;  // what another thread had posted failed: nobody's session
        }
        if constexpr (std::is_same_v<E, event::Accepted>) {
            require(!account.accepted, e, "the id was used before");
            account.accepted = true;
        } else {
            require(account.accepted, e, "not accepted");
        }
        require(!account.closed, e, "after Closed");
        if constexpr (std::is_same_v<E, event::Opened>) {
            require(!account.opened && !account.rejected, e, "opened twice, or after a refusal");
            account.opened = true;
        } else if constexpr (std::is_same_v<E, event::Rejected>) {
            require(!account.opened && !account.rejected, e, "refused twice, or when open");
            account.rejected = true;
        } else if constexpr (std::is_same_v<E, event::Closing>) {
            require(account.opened && !account.closing, e, "closing twice, or when not open");
            account.closing = true;
        } else if constexpr (std::is_same_v<E, event::Closed>) {
            require(e.open_for.has_value() == account.opened, e, "open_for without Opened, or the other way round");
            require(account.opened || e.phase == Phase::handshake, e, "a phase that it did not reach");
            require(!account.closing || e.phase == Phase::closing, e, "after Closing, yet not closing");
            account.closed = true;
        } else if constexpr (std::is_same_v<E, event::MessageReceived> || std::is_same_v<E, event::PingReceived> ||
                             std::is_same_v<E, event::PingSent> || std::is_same_v<E, event::Subscribed>) {
            require(account.opened && !account.closing, e, "not open");
        }
    }

    void count(const event::Accepted&) { ++accepted_; }
    void count(const event::Opened&) { ++opened_; }
    void count(const event::Rejected&) { ++rejected_; }
    void count(const event::MessageReceived&) { ++messages_; }
    void count(const event::PingSent&) { ++pings_; }
    void count(const event::PongMissed&) { ++missed_; }
    void count(const event::Dropped&) { ++dropped_; }
    void count(const event::HandlerFailed&) { ++failures_; }
    void count(const event::Closed& e) {
        sum_.messages_in += e.messages_in;
        sum_.messages_out += e.messages_out;
        sum_.bytes_in += e.bytes_in;
        sum_.bytes_out += e.bytes_out;
        sum_.messages_dropped += e.messages_dropped;
    }
    template <class E>
    void count(const E&) {}

    template <class E>
    void require(bool right, const E& e, const char* wrong) {
        if (!right) fault(testing::text_of(e) + ": " + wrong);
    }
    void same(const char* what, std::uint64_t hub, std::uint64_t ledger) {
        if (hub != ledger) fault(std::string{what} + ": the hub says " + std::to_string(hub) + ", the ledger " + std::to_string(ledger));
    }
    void fault(std::string text) { faults_.push_back(std::move(text)); }

    std::map<SessionId, Account> sessions_;
    std::vector<std::string> faults_;
    TimePoint now_ = TimePoint::min();
    event::Closed sum_;
    std::uint64_t accepted_ = 0, opened_ = 0, rejected_ = 0, messages_ = 0, pings_ = 0, missed_ = 0, dropped_ = 0, failures_ = 0;
};

}  // namespace kingbolt::test
