#pragma once
// A hub: many WebSocket clients turn around one part. It accepts them through a transport, keeps them alive, routes
// publications to topics, bounds what each may owe it, and says why each of them left.
//
//     kb::transport::Websocketpp server{io, {.port = 9002}};
//     kb::Hub hub{server, kb::KeepAlive{.ping_interval = 20s}, kb::On{[](const kb::event::Closed& e) { log(e); }}};
//     hub.on_message([&](kb::Session& from, kb::Message message) {
//         from.subscribe("lobby");
//         hub.publish("lobby", message);
//     });
//     io.run();
//
// Policies come in any order, each slot at most once, observers as many as you like; defaults.hpp lists what is used otherwise.
// A hub lives on its transport's loop. What other threads may call says so.

#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/defaults.hpp>
#include <kingbolt/engine/agenda.hpp>
#include <kingbolt/engine/closed_report.hpp>
#include <kingbolt/engine/excess.hpp>
#include <kingbolt/engine/gathered_sends.hpp>
#include <kingbolt/engine/hub_companion.hpp>
#include <kingbolt/engine/lag_window.hpp>
#include <kingbolt/engine/mailbox.hpp>
#include <kingbolt/engine/monotonic.hpp>
#include <kingbolt/engine/pulse.hpp>
#include <kingbolt/engine/random.hpp>
#include <kingbolt/engine/ring.hpp>
#include <kingbolt/engine/round.hpp>
#include <kingbolt/engine/session_record.hpp>
#include <kingbolt/engine/session_stats.hpp>
#include <kingbolt/engine/session_table.hpp>
#include <kingbolt/engine/stats.hpp>
#include <kingbolt/engine/topic_index.hpp>
#include <kingbolt/engine/troubles.hpp>
#include <kingbolt/hub/chosen_policies.hpp>
#include <kingbolt/policy/drain_plan.hpp>
#include <kingbolt/policy/on.hpp>
#include <kingbolt/system_seed.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace kingbolt {

/// Makes the payload that will carry this sequence number.
template <class B>
concept PayloadBuilder = std::is_invocable_r_v<std::string, B&, std::uint64_t>;

/// Of one publication.
struct PublishOptions {
    std::uint64_t key = 0;  ///< messages of one topic and key may replace each other where the queue conflates
};

template <class T, class... Policies>
class Hub final : private TransportEvents<typename T::Connection>, private engine::SessionCommands {
    static_assert(Transport<T>, "kingbolt: the first argument of Hub wants a Transport (concepts/transport.hpp)");

public:
    /// Attaches to `transport`, which must outlive the hub. Throws InvalidOption when a policy is out of its range.
    /// Not to be destroyed from within one of its own callbacks.
    explicit Hub(T& transport, Policies... policies);
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    // The application's part; set before the loop runs. What a callback throws ends that session with 1011, and no other.

    /// Answers an upgrade request. Without it every upgrade is accepted, with no subprotocol.
    void on_upgrade(std::function<UpgradeResponse(const UpgradeRequest&)> callback) { on_upgrade_ = std::move(callback); }
    /// Answers a plain HTTP request on the same port. Without it: 426.
    void on_request(std::function<HttpResponse(const HttpRequest&)> callback) { on_request_ = std::move(callback); }
    /// The upgrade was answered with 101.
    void on_open(std::function<void(Session&)> callback) { on_open_ = std::move(callback); }
    /// A whole message. It is valid until the callback returns.
    void on_message(std::function<void(Session&, Message)> callback) { on_message_ = std::move(callback); }

    // Any thread. From outside the loop the work is posted, and calls of one thread keep their order.

    /// Sends to all who listen to `topic` or to a pattern above it: one frame, shared. An invalid topic reaches nobody and
    /// gives Errc::bad_topic. With a backplane it goes to the sessions of all hubs, and may give Errc::backlog_full.
    std::error_code publish(std::string_view topic, Message message, PublishOptions options = {});
    /// Likewise, with a payload that carries its sequence number. `build` runs on the loop and must not publish to the same topic.
    /// What it throws reaches the caller, or from another thread becomes an `event::HandlerFailed` of no session; the number
    /// is not used up. With a backplane it runs on the loop of one of the hubs, which is told what it throws, and the number is used up.
    template <PayloadBuilder Build>
    std::error_code publish(std::string_view topic, Build build, PublishOptions options = {});

    /// To one session. If it has gone meanwhile, nothing happens.
    void send(SessionId session, Message message);
    /// Likewise, as Session::close.
    void close(SessionId session, CloseCode code = CloseCode::come_back, std::string_view reason = {});

    /// Closes all sessions of `subject`, or those that came in with the token of that id (`jti`), with 4510. It is for the authenticator
    /// to accept neither again. Compiles only with an Authenticator.
    void revoke_subject(std::string subject);
    /// Likewise.
    void revoke_token(std::string token_id);

    /// Any thread.
    HubStats stats() const noexcept { return counters_.snapshot(); }

    /// Takes no new connections, tells every client when to come back, sends what is queued, closes, and cuts what is left at
    /// the deadline. `event::Drained` follows, and the transport then keeps the loop no longer. A second call changes nothing.
    /// Throws InvalidOption.
    void drain(DrainPlan plan = {});

    // The hub's loop only.

    /// Null when the session has gone or its close has been decided.
    Session* find(SessionId session);
    /// Calls `visit(Session&, const SessionStats&)` for each session that is open, in no order that means anything. It may close sessions.
    template <std::invocable<Session&, const SessionStats&> Visit>
    void for_each_session(Visit&& visit);
    /// Options for a topic, or for all topics under a pattern. Throws InvalidOption for what is no topic.
    void configure_topic(std::string_view topic, TopicOptions options);
    /// A topic that nobody publishes to any more costs nothing after this. False while it has subscribers.
    bool forget_topic(std::string_view topic);

    // For what is built on a hub: channels.hpp. The hub's loop only, but for in_loop.

    /// A publication comes back from a backplane before anybody hears it, and another hub may give it its number.
    static constexpr bool is_linked = detail::ChosenPolicies<Policies...>::is_linked;
    bool in_loop() const { return transport_.in_loop(); }
    /// When what is going on now began: the hub reads its clock once for each thing that it is told.
    TimePoint loop_time() const noexcept { return now_; }

    /// From now on `companion` hears what happens; null: nobody does. At most one at a time.
    void accompany(engine::HubCompanion* companion) noexcept { companion_ = companion; }
    /// All of `frames` in their order, shared and not copied, or none: Errc::queue_full when they do not fit into the session's outbox
    /// together, Errc::session_gone.
    std::error_code send_all(Session& session, std::span<const Frame> frames);
    /// What gives way when a queue is full: of the topic, or of the Outbox.
    WhenFull when_full(std::string_view topic);
    /// As event::HandlerFailed.
    void tell_of_failure(SessionId session, std::string_view what);

    /// Bytes that one session costs the hub; queues, subscriptions, wheel entries and strings longer than 15 characters apart.
    static constexpr std::size_t session_size() noexcept { return sizeof(Record) + engine::Pulse<LivenessPolicy>::entry_size(); }

private:
    using Connection = typename T::Connection;
    using Chosen = detail::ChosenPolicies<Policies...>;
    using LivenessPolicy = typename Chosen::Liveness;
    using AuthenticatorPolicy = typename Chosen::Authenticator;
    using Mailbox = engine::Mailbox<std::function<void()>>;
    using Entry = typename Chosen::Entry;
    using Record = engine::SessionRecord<Connection, typename Chosen::RateLimit, typename Chosen::More>;
    using Stage = typename Record::Stage;

    /// A batch handed to a transport is at most this large, or one message, so that control frames wait for no more than that.
    static constexpr std::size_t max_batch = 64 * 1024;
    /// Whoever waits for more bytes than this shares a part of the turn with the others who do.
    static constexpr std::size_t little = 16 * 1024;
    /// That part, in bytes, the last batch apart. The kernel takes between a tenth and a half of a millisecond for it.
    static constexpr std::size_t most_a_turn = 256 * 1024;

    // From the transport.
    Acceptance on_accepted(Connection& connection, std::string remote) override;
    UpgradeResponse on_upgrade(SessionId session, const UpgradeRequest& request) override;
    HttpResponse on_request(SessionId session, const HttpRequest& request) override;
    void on_opened(SessionId session) override;
    void on_bytes(SessionId session, std::size_t bytes) override;
    void on_message(SessionId session, Message message) override;
    void on_ping(SessionId session, std::string_view payload) override;
    void on_pong(SessionId session, std::string_view payload) override;
    void on_close_received(SessionId session, CloseCode code, std::string_view reason) override;
    void on_read_end(SessionId session) override;
    void on_written(SessionId session, std::size_t bytes, bool complete) override;
    void on_closed(SessionId session, const WireClosed& how) override;
    void on_turn_end() override;
    void on_tick() override;

    // From a session.
    std::error_code send(Session& session, Message message) override;
    std::error_code subscribe(Session& session, std::string_view topic) override;
    void unsubscribe(Session& session, std::string_view topic) override;
    void close(Session& session, CloseCode code, std::string_view reason) override;
    const Identity* identity_of(const Session& session) const noexcept override;
    bool permits(const Session& session, Action action, std::string_view name) const override;
    void refresh(Session& session, std::string_view token, std::function<void(std::error_code)> done) override;

    // Coming in.
    AdmissionDecision arrive(Entry& entry, std::string_view remote);
    AdmissionDecision locate(Record& session, const HttpRequest& request);
    void depart(const Entry& entry);
    Acceptance turn_away(const std::string& remote, const AdmissionDecision& decision);
    UpgradeResponse answer(Record& session, const UpgradeRequest& request);
    HttpResponse answer(Record& session, const HttpRequest& request);
    UpgradeResponse ask_application(Record& session, const UpgradeRequest& request);
    UpgradeResponse refuse(Record& session, Cause cause, UpgradeResponse response, std::string detail);
    UpgradeResponse refuse(Record& session, const AdmissionDecision& decision);
    UpgradeResponse refuse_draining(Record& session);
    static UpgradeResponse try_later(unsigned status, std::string_view words, Duration retry_after);

    // Credentials.
    UpgradeResponse identify(Record& session, const UpgradeRequest& request);
    UpgradeResponse welcome(Record& session, const UpgradeRequest& request, const std::string& account, Authentication result);
    UpgradeResponse unavailable(Record& session, std::string what);
    void expire_in(Record& session, std::optional<Duration> time);
    static AuthFailure why_failed(const Authentication& result) noexcept;
    void tell_of_failed_login(const Record& session, AuthFailure why, bool again);
    void tell_of_identity(const Record& session, std::optional<Duration> expires_in, bool again);
    std::error_code renew(Record& session, const std::string& account, Authentication result);
    std::vector<std::string> not_permitted_to(const Record& session, const Identity& who) const;
    template <class Then>
    AuthenticationDone when_judged(SessionId id, Then then);
    AuthCharge charge(Record& session, std::string_view account);
    void refund(Record& session, std::string_view account);
    void revoke(std::function<bool(const Identity&)> affected);
    void on_expiry(SessionId session);
    void forget_credentials(Record& session);

    // Limits.
    /// Whether the session goes on.
    bool is_within(Record& session, Limit limit, const Admission& admission) {
        return admission || goes_on_beyond(session, limit, admission);
    }
    bool goes_on_beyond(Record& session, Limit limit, Admission admission);
    void report_excess(Record& session, Limit limit, OnExcess action, Duration retry_after);
    void forget_excess(SessionId session) noexcept;
    void throttle(Record& session, Duration pause);
    void on_throttle_over(SessionId session);
    void excuse_throttled();

    // Memory.
    std::size_t memory_in_use() const noexcept;
    bool sheds() const noexcept;
    const Outbox& outbox() const noexcept;
    WhenFull giving_way(WhenFull wanted) const noexcept;
    template <class Work>
    decltype(auto) counted(Record& session, Work&& work);
    void forget_queue(const Record& session) noexcept;
    void watch_memory();
    void evict_worst(std::size_t excess);

    // Publishing with a backplane.
    template <class What>
    std::error_code publish_to_all(std::string_view topic, What&& what, const PublishOptions& options);
    void take_publications();
    void receive(const Publication& publication);

    // Sending.
    void open_round(TopicId topic);
    void deliver(TopicId topic, Frame frame);
    /// Which have not gone to the queues yet.
    bool has_publications() const noexcept;
    void settle_round(bool turn_ends = false);
    void send_round(bool turn_ends);
    [[gnu::noinline]] std::error_code send_first(Record& session, Message message);
    void settle_sends(bool read_ends = false);
    std::error_code enqueue(Record& session, const Frame& frame, WhenFull wanted);
    void make_room_by_writing(Record& session, const Frame& frame);
    void flush_dirty();
    std::size_t flush(Record& session);
    void write_past_queue(Record& session, const Frame& frame);
    void count_messages_out(Record& session);
    void note_written(Record& session, std::size_t bytes, bool complete);
    void mark_dirty(Record& session);
    void want_turn_end();
    void tell_of_turn();
    void tell_of_troubles();

    // Ending.
    void decide(Record& session, engine::ClosePlan plan);
    void decide(Record& session, Cause cause, Duration come_back_after);
    void say_farewell(Record& session);
    void stop_serving(Record& session, Stage stage, TimePoint deadline);
    void leave_open(Record& session, Stage stage) noexcept;
    void note_left(const Record& session) noexcept;
    void cut(Record& session);
    void cut_if_endless(Record& session);
    /// Does `work` for one of many sessions. Where there is no memory for it that session is cut, and the others get their turn.
    template <class Work>
    void for_one(Record& session, Work&& work);
    void end(Record& session, const WireClosed& how);
    void note_failure(Record& session, std::string what);
    void begin_drain(const DrainPlan& plan);
    void cut_what_is_left();
    void finish_drain_if_empty();

    // Liveness.
    void on_liveness(Record& session, const LivenessStep& step);
    void on_deadline(Record& session);

    /// Runs a callback of the application; what it throws becomes the text of the failure.
    template <class Callback>
    static std::optional<std::string> failure_of(Callback&& callback);
    /// The same for a session's handler: what it throws closes the session.
    template <class... Arguments>
    void call_handler(Record& session, const std::function<void(Session&, Arguments...)>& handler, Arguments... arguments);
    static constexpr const char* unknown_exception = "an exception that is not a std::exception";
    template <class E, class Build>
    void emit(Build&& build) {
        try {
            policies_.template emit<E>(std::forward<Build>(build));
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): an event that cannot be built is lost, and nothing else
        }
    }
    void run_in_loop(std::function<void()> task);
    static void run_later(Hub* hub, T& transport, const std::shared_ptr<Mailbox>& mailbox, std::function<void()> task);
    /// Of a policy that keeps one for all clients. The words are secret; they have nothing to do with `random_`, which leaves traces.
    template <class State, class Policy>
    State make_state(const Policy& policy) {
        detail::validate(policy);
        if constexpr (!std::is_empty_v<State>) {
            const auto [k0, k1] = detail::secret_words(policies_.template get<slot::seed>(defaults_.seed));
            return State{policy, k0, k1};
        } else {
            return {};
        }
    }
    Duration jitter() { return Duration{static_cast<Duration::rep>(random_.below(1'000'000'000))}; }
    TimePoint now() { return now_ = monotonic_(clock_.now()); }

    T& transport_;
    HubDefaults defaults_;
    PolicySet<Policies...> policies_;
    typename Chosen::Clock& clock_;
    typename Chosen::RateLimit& rate_limit_;
    Outbox& outbox_;
    Deadlines& deadlines_;
    ClientLimits& client_limits_;
    typename Chosen::Memory& memory_;
    typename Chosen::Admission& admission_;
    typename Chosen::Backoff& auth_backoff_;
    AuthenticatorPolicy& authenticator_;
    typename Chosen::Authorizer& authorizer_;
    typename Chosen::Origins& origins_;
    typename Chosen::ClientAddress& client_address_;
    engine::Monotonic monotonic_;
    TimePoint now_;
    engine::Random random_;
    [[no_unique_address]] typename Chosen::Admission::State admission_state_;
    [[no_unique_address]] typename Chosen::BackoffState backoff_state_;
    engine::Pulse<LivenessPolicy> pulse_;
    engine::Agenda expiries_, throttles_;
    std::map<SessionId, engine::Excess> excesses_;
    engine::SessionTable<Record> sessions_;
    engine::TopicIndex topics_;
    engine::Counters counters_;
    std::shared_ptr<Mailbox> mailbox_;
    [[no_unique_address]] typename Chosen::Link link_{};

    std::function<UpgradeResponse(const UpgradeRequest&)> on_upgrade_;
    std::function<HttpResponse(const HttpRequest&)> on_request_;
    std::function<void(Session&)> on_open_;
    std::function<void(Session&, Message)> on_message_;

    engine::HubCompanion* companion_ = nullptr;

    engine::Round round_;
    engine::GatheredSends sends_;
    const std::error_code success_{};  ///< to make one asks the standard library for a category, which is not worth it for each message
    std::vector<SessionId> dirty_;
    std::vector<SessionId> flushing_;
    engine::Ring<SessionId> owed_much_;  ///< dirty, too
    std::vector<Frame> batch_;
    engine::Troubles troubles_;
    engine::LagWindow lag_;
    Outbox tight_outbox_;           ///< the bounds while memory is short
    std::size_t queued_bytes_ = 0;  ///< of all sessions, where somebody wants to know
    std::size_t queued_messages_ = 0;
    TimePoint published_since_ = TimePoint::max();  ///< the first publication of this turn, where somebody wants to know
    bool memory_is_short_ = false;
    std::string refusal_;  ///< what the client is told that was turned away last
    bool turn_end_requested_ = false;
    bool publications_wait_ = false;  ///< on the backplane, and this hub has said that it takes them
    bool taking_publications_ = false;
    bool draining_ = false;
    bool drained_ = false;
    TimePoint drain_deadline_{};
    std::size_t forced_in_drain_ = 0;
};

template <class T, class... Policies>
Hub(T&, Policies&&...) -> Hub<T, held_t<Policies&&>...>;

}  // namespace kingbolt

#include <kingbolt/hub/backplane.hpp>
#include <kingbolt/hub/calls.hpp>
#include <kingbolt/hub/credentials.hpp>
#include <kingbolt/hub/ending.hpp>
#include <kingbolt/hub/entering.hpp>
#include <kingbolt/hub/limits.hpp>
#include <kingbolt/hub/memory.hpp>
#include <kingbolt/hub/reports.hpp>
#include <kingbolt/hub/sending.hpp>
