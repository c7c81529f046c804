#pragma once
// What a Client is behind its handle: does what the Conversation wants, and tells it what happens.

#include <kingbolt/client/conversation.hpp>
#include <kingbolt/client/handlers.hpp>
#include <kingbolt/client/result.hpp>
#include <kingbolt/client/websocket.hpp>
#include <kingbolt/engine/random.hpp>
#include <kingbolt/policy/fraction.hpp>
#include <kingbolt/steady_clock.hpp>
#include <kingbolt/system_seed.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace kingbolt::client::detail {

class ClientCore final : public WebSocketEvents, public std::enable_shared_from_this<ClientCore> {
public:
    ClientCore(asio::any_io_executor executor, ClientOptions options, StreamFactory streams)
        : executor_{std::move(executor)},
          options_{std::move(options)},
          streams_{std::move(streams)},
          url_{parse_url(options_.url)},
          mask_secret_{secret()},
          conversation_{options_,
                        [random = engine::Random{kingbolt::detail::seed_or_device(options_.seed)}]() mutable {
                            return kingbolt::detail::fraction(random());
                        }},
          timer_{executor_} {}
    ~ClientCore() {
        if (socket_) socket_->drop();
    }
    ClientCore(const ClientCore&) = delete;
    ClientCore& operator=(const ClientCore&) = delete;

    const asio::any_io_executor& executor() const noexcept { return executor_; }
    Conversation& conversation() noexcept { return conversation_; }
    ClientHandlers& handlers() noexcept { return handlers_; }
    static TimePoint now() noexcept { return SteadyClock::now(); }

    void subscribe(const std::string& topic, SubscriptionHandlers handlers) {
        const bool presence = static_cast<bool>(handlers.on_presence);
        subscribers_[topic] = std::make_shared<const SubscriptionHandlers>(std::move(handlers));
        conversation_.subscribe(topic, presence);
        perform();
    }
    void unsubscribe(const std::string& topic) {
        subscribers_.erase(topic);
        conversation_.unsubscribe(topic);
        perform();
    }
    /// The last words of a client that goes: who waits is told, and nobody else.
    void retire() {
        handlers_ = {};
        subscribers_.clear();
        conversation_.stop();
        perform();
    }

    /// Does all that the conversation wants, also what callbacks ask for meanwhile. What one of them throws is thrown at the end: the
    /// others view a message that is gone later.
    void perform() {
        if (performing_) return;
        const auto self = shared_from_this();  // a callback may end the client
        std::exception_ptr thrown;
        performing_ = true;
        while (auto action = conversation_.next_action()) {
            try {
                std::visit([this](auto& one) { take(one); }, *action);
            } catch (...) {
                if (!thrown) thrown = std::current_exception();
            }
        }
        performing_ = false;
        set_timer();
        if (thrown) std::rethrow_exception(thrown);
    }

    /// From any thread. `start(conversation, now)` gives the ticket of a request. `flaw`: the request is not even made.
    template <class Result, class Handler, class Start>
    void async_request(Handler handler, std::optional<Failure> flaw, Start start) {
        auto begin = [self = shared_from_this(), handler = std::move(handler), flaw = std::move(flaw), start = std::move(start)]() mutable {
            self->template request<Result>(std::move(handler), std::move(flaw), std::move(start));
        };
        asio::dispatch(executor_, std::move(begin));
    }

private:
    static SipKey secret() {
        const auto [k0, k1] = kingbolt::detail::secret_words({});
        return {k0, k1};
    }

    template <class Result, class Handler, class Start>
    void request(Handler handler, std::optional<Failure> flaw, Start start) {
        const auto executor = asio::get_associated_executor(handler, executor_);
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto shared = std::make_shared<Handler>(std::move(handler));
        auto complete = [executor, work = asio::make_work_guard(executor), shared](const Answer& answer) {
            asio::post(executor, [shared, result = result_of<Result>(answer)]() mutable { std::move (*shared)(std::move(result)); });
        };
        if (!flaw && socket_ && socket_->unsent() > options_.max_queued_bytes)
            flaw = {.code = "queue_full", .message = "the network does not take what was sent before", .retry = true};
        if (flaw) return complete({.failure = std::move(flaw)});
        const Ticket ticket = start(conversation_, now());
        waiting_.emplace(ticket, std::move(complete));
        if (slot.is_connected()) {
            slot.assign([weak = weak_from_this(), ticket](asio::cancellation_type) {
                const auto self = weak.lock();
                if (!self) return;
                asio::dispatch(self->executor_, [self, ticket] {
                    self->conversation_.cancel(ticket);
                    self->perform();
                });
            });
        }
        perform();
    }

    // The conversation's wishes.

    void take(const action::AskToken& ask) {
        options_.token_source([weak = weak_from_this(), executor = executor_, question = ask.question](std::optional<Token> token) {
            asio::post(executor, [weak, question, token = std::move(token)]() mutable {
                if (const auto self = weak.lock()) self->take_token(question, std::move(token));
            });
        });
    }
    void take_token(std::uint64_t question, std::optional<Token> token) {
        if (token && !fits(token->text, options_.token_in)) token.reset();
        if (token) {
            conversation_.on_token(now(), question, *std::move(token));
        } else {
            conversation_.on_no_token(now(), question);
        }
        perform();
    }
    void take(action::Connect& connect) {
        HttpHeaders headers = options_.headers;
        if (!connect.authorization.empty()) headers.emplace_back("Authorization", std::move(connect.authorization));
        WebSocketOptions options{.url = url_,
                                 .headers = std::move(headers),
                                 .subprotocols = std::move(connect.subprotocols),
                                 .max_message = options_.max_message,
                                 .close_timeout = options_.close_timeout,
                                 // Another word for each connection: two that used the same keys would tell each other's.
                                 .mask_secret = {mask_secret_.k0, mask_secret_.k1 + ++connections_}};
        socket_ = std::make_shared<WebSocket>(executor_, std::move(options), streams_(executor_, url_), *this);
        socket_->connect();
    }
    void take(const action::Send& send) {
        if (socket_) socket_->send(send.text);
    }
    void take(const action::Close& close) {
        if (const auto socket = std::exchange(socket_, nullptr)) socket->close(close.code);
    }
    void take(const action::Drop&) {
        if (const auto socket = std::exchange(socket_, nullptr)) socket->drop();
    }
    void take(const action::Complete& complete) {
        const auto found = waiting_.find(complete.ticket);
        if (found == waiting_.end()) return;
        const auto function = std::move(found->second);
        waiting_.erase(found);
        function(complete.answer);
    }

    void take(const StateChanged& fact) { tell(handlers_.on_state, fact); }
    void take(const Stopped& fact) { tell(handlers_.on_stopped, fact); }
    void take(const Bye& fact) { tell(handlers_.on_bye, fact); }
    void take(const Trouble& fact) { tell(handlers_.on_trouble, fact); }
    void take(const Event& fact) { tell_subscriber(&SubscriptionHandlers::on_event, fact); }
    void take(const Subscribed& fact) { tell_subscriber(&SubscriptionHandlers::on_subscribed, fact); }
    void take(const SubscriptionRefused& fact) { tell_subscriber(&SubscriptionHandlers::on_refused, fact); }
    void take(const Gap& fact) { tell_subscriber(&SubscriptionHandlers::on_gap, fact); }
    void take(const Presence& fact) { tell_subscriber(&SubscriptionHandlers::on_presence, fact); }

    template <class Fact>
    static void tell(std::function<void(const Fact&)> handler, const Fact& fact) {  // by value: it may replace itself
        if (handler) handler(fact);
    }
    template <class Fact>
    void tell_subscriber(std::function<void(const Fact&)> SubscriptionHandlers::*which, const Fact& fact) {
        const auto found = subscribers_.find(fact.subscription);
        if (found == subscribers_.end()) return;
        const auto handlers = found->second;  // kept: it may end its own subscription
        if ((*handlers).*which) ((*handlers).*which)(fact);
    }

    // The network's news.

    void on_open(std::string_view selected) override {
        conversation_.on_open(now(), selected);
        perform();
    }
    void on_bytes() override { conversation_.on_bytes(now()); }
    void on_text(std::string_view message) override {
        conversation_.on_message(now(), message);
        perform();
    }
    void on_binary(std::string_view) override {
        conversation_.on_binary();
        perform();
    }
    void on_closed(CloseCode code, std::string_view reason) override {
        socket_.reset();
        conversation_.on_closed(now(), code, reason);
        perform();
    }
    void on_refused(unsigned http_status, std::optional<Duration> retry_after) override {
        socket_.reset();
        conversation_.on_refused(now(), http_status, retry_after);
        perform();
    }
    void on_lost(std::string_view words) override {
        socket_.reset();
        conversation_.on_lost(now(), words);
        perform();
    }

    /// A timer that runs out too early does no harm: deadlines mostly move on, and it is set anew only when it is too late.
    void set_timer() {
        const auto at = conversation_.wake_at();
        if (!at) {
            timer_.cancel();
            timer_at_.reset();
            return;
        }
        if (timer_at_ && *timer_at_ <= *at) return;
        timer_at_ = at;
        timer_.expires_at(std::chrono::time_point_cast<asio::steady_timer::duration>(*at));
        timer_.async_wait([weak = weak_from_this()](std::error_code error) {
            const auto self = weak.lock();
            if (error || !self) return;
            self->timer_at_.reset();
            self->conversation_.on_time(now());
            self->perform();
        });
    }

    const asio::any_io_executor executor_;
    const ClientOptions options_;
    const StreamFactory streams_;
    const Url url_;
    const SipKey mask_secret_;
    std::uint64_t connections_ = 0;
    Conversation conversation_;
    asio::steady_timer timer_;
    std::optional<TimePoint> timer_at_{};
    std::shared_ptr<WebSocket> socket_{};
    ClientHandlers handlers_{};
    std::map<std::string, std::shared_ptr<const SubscriptionHandlers>, std::less<>> subscribers_{};
    std::map<Ticket, std::function<void(const Answer&)>> waiting_{};
    bool performing_ = false;
};

}  // namespace kingbolt::client::detail
