#pragma once
// The client's side of kingbolt.v1.json (docs/protocol.md), without I/O and without a clock: one conversation with a hub, over as many
// connections as it takes. It is told what happens and when, and says what to do.
//
//     Conversation conversation{options, random};
//     conversation.start(now);
//     while (auto action = conversation.next_action()) perform(*action);
//     // … then sleep until conversation.wake_at(), or until the network or the application has something to say.
//
// tests/clients/scenarios.json is its contract, which the other clients share.

#include <kingbolt/client/action.hpp>
#include <kingbolt/client/detail/coming_back.hpp>
#include <kingbolt/client/detail/incoming.hpp>
#include <kingbolt/client/detail/requests.hpp>
#include <kingbolt/client/detail/subscription.hpp>
#include <kingbolt/client/fact.hpp>
#include <kingbolt/client/options.hpp>
#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/time.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::client {

inline constexpr std::string_view subprotocol = "kingbolt.v1.json";

/// `now` never steps back. After each call actions may wait, and `wake_at` may have changed. One thread.
class Conversation {
public:
    /// `random` gives numbers from 0 to 1. Throws InvalidOption.
    Conversation(const ClientOptions& options, std::function<double()> random);

    /// The next thing to do. What it views is valid until the next call of anything else here, and what it views of a message until that is
    /// gone.
    std::optional<Action> next_action();
    /// When to call `on_time`; none: not until something else happens.
    std::optional<TimePoint> wake_at() const;
    /// At present.
    State state() const noexcept { return state_; }
    /// The session's name at the server; empty before the first `welcome`.
    const std::string& session() const noexcept { return session_; }
    /// The server's clock, by the last `welcome`; none before.
    std::optional<WallTime> server_time(TimePoint now) const noexcept;

    // From the application.

    /// Anew, when it was stopped; otherwise nothing.
    void start(TimePoint now);
    /// Says goodbye; whatever waits for an answer is completed with `closed`.
    void stop();
    /// A topic or pattern that may be subscribed to. One that is subscribed to already is only asked for presence, if that is new.
    void subscribe(std::string_view topic, bool presence);
    /// Its events are not asked for any more.
    void unsubscribe(std::string_view topic);
    /// `data` is JSON. The ticket will be completed.
    Ticket publish(TimePoint now, std::string_view topic, std::string_view event, std::string_view data);
    /// `params` is JSON, or empty for none. Likewise.
    Ticket call(TimePoint now, std::string_view method, std::string_view params, std::optional<Duration> deadline);
    /// Completes the ticket at once, if it has not been. A publication that was sent takes place all the same.
    void cancel(Ticket ticket);
    /// The answer to AskToken. One to an older question changes nothing.
    void on_token(TimePoint now, std::uint64_t question, Token token);
    /// Likewise: there is none to be had.
    void on_no_token(TimePoint now, std::uint64_t question);

    // From the network.

    /// The upgrade was answered with 101.
    void on_open(TimePoint now, std::string_view selected_subprotocol);
    /// Anything at all came, a ping too.
    void on_bytes(TimePoint now) noexcept { last_byte_ = now; }
    /// A whole text message.
    void on_message(TimePoint now, std::string_view text);
    /// A binary message, which the protocol does not have.
    void on_binary();
    /// A Close frame came, `no_status` without a code; or the client closed itself because of what the server did.
    void on_closed(TimePoint now, CloseCode code, std::string_view reason);
    /// The connection ended without one, or there never was one. `words` say what the network said.
    void on_lost(TimePoint now, std::string_view words = {});
    /// The attempt was answered with HTTP. 401 and 403 are final unless there is a token source; of others the server's delay is obeyed.
    void on_refused(TimePoint now, unsigned http_status, std::optional<Duration> retry_after);

    /// The time that `wake_at` gave has come. Too early changes nothing.
    void on_time(TimePoint now);

private:
    enum class Phase : std::uint8_t { stopped, asking, opening, greeting, ready, waiting };
    using Incoming = detail::Incoming;
    using Subscription = detail::Subscription;
    using Sent = detail::Sent;
    struct Greeted {
        std::uint64_t serial = 0;
        std::string topic{};
        bool presence = false;
    };

    // The life of a connection.
    void attempt(TimePoint now);
    void open(TimePoint now);
    void end(TimePoint now, detail::Ending ending);
    void forget_connection();
    void stay_away(CloseCode code, std::string reason);
    void change(State state);
    bool may_send() const noexcept { return phase_ == Phase::ready && !farewell_; }
    bool is_connected() const noexcept { return phase_ == Phase::opening || phase_ == Phase::greeting || phase_ == Phase::ready; }

    // Messages.
    void dispatch(TimePoint now, const Incoming& message);
    void on_welcome(TimePoint now, const Incoming& message);
    void on_event(const Incoming& message);
    void on_presence(const Incoming& message);
    void on_reply(TimePoint now, const Incoming& message);
    void on_error(TimePoint now, const Incoming& message);
    void on_bye(const Incoming& message);

    // Subscriptions.
    Subscription* find(std::string_view topic);
    Subscription* find(std::uint64_t serial);
    std::uint64_t ask_for(const Subscription& subscription);
    void take_result(Subscription& subscription, std::string_view result, std::uint64_t request);
    void refused(Subscription& subscription, std::uint64_t request, Failure failure);
    void send_unsubscribe(std::string_view topic);
    void send_changes();

    // Publications and calls.
    Ticket request(TimePoint now, detail::Request request);
    void send(TimePoint now, const detail::Request& request);
    void answered(const Sent& sent, const Incoming& message);
    void fail(Ticket ticket, Failure failure) { push(action::Complete{ticket, {.failure = std::move(failure)}}); }
    void fail_sent(const Failure& failure);
    void fail_waiting();
    void expire(TimePoint now);

    // Tokens.
    void ask_token(TimePoint now);
    void no_token(TimePoint now);
    void plan_refresh(TimePoint now);

    template <class A>
    void push(A action) {
        actions_.push_back(std::move(action));
    }
    void send_text(std::string text) { push(action::Send{std::move(text)}); }

    const ClientOptions options_;
    detail::Pauses pauses_;
    std::deque<Action> actions_;
    std::optional<Incoming> message_{};  ///< what actions have views of

    Phase phase_ = Phase::stopped;
    State state_ = State::stopped;
    TimePoint due_{};                           ///< of the present phase, but for `stopped` and `ready`
    std::optional<detail::Ending> farewell_{};  ///< what `bye` says
    std::string session_{};
    std::optional<Duration> dead_after_{};  ///< none: the server does not ping
    TimePoint last_byte_{}, welcomed_at_{};
    std::optional<WallTime> server_now_{};  ///< at `welcomed_at_`

    std::list<Subscription> subscriptions_;  ///< in the order of subscribing
    std::vector<Greeted> greeted_;           ///< those in `hello`
    std::uint64_t last_serial_ = 0;

    detail::Requests requests_;
    Ticket last_ticket_ = 0;

    Token token_{}, next_token_{};  ///< in use; on its way
    std::uint64_t last_question_ = 0;
    std::optional<TimePoint> question_{};  ///< of a refresh that was asked for: when it must be answered
    std::optional<TimePoint> refresh_at_{};
};

}  // namespace kingbolt::client

#include <kingbolt/client/detail/conversation_life.hpp>
#include <kingbolt/client/detail/conversation_messages.hpp>
#include <kingbolt/client/detail/conversation_requests.hpp>
