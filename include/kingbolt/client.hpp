#pragma once
// A client of hubs that speak kingbolt.v1.json (docs/protocol.md). It connects, says hello, comes back after every end that allows it,
// resumes its subscriptions where they stood, fills gaps, and never sends twice what may have been done once. Link kingbolt::client.
//
//     kb::Client client{io.get_executor(), {.url = "ws://127.0.0.1:9002/", .token = token}};
//     client.subscribe("agents.*", {.on_event = [](const kb::client::Event& e) { std::cout << e.topic << ' ' << e.data << '\n'; }});
//     client.start();
//     const kb::client::CallResult status = co_await client.async_call("agents.status", R"({"id":"7"})", asio::use_awaitable);
//     if (!status)            log("unavailable: {}", status.failure.code);
//     else if (status.stale)  show(status.data, status.age);
//     else                    show(status.data);

#include <kingbolt/client/byte_stream.hpp>
#include <kingbolt/client/detail/client_core.hpp>
#include <kingbolt/client/fact.hpp>
#include <kingbolt/client/handlers.hpp>
#include <kingbolt/client/options.hpp>
#include <kingbolt/client/result.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/identity.hpp>
#include <kingbolt/engine/topic_name.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt {

/// Everything but `async_publish` and `async_call` on its executor only, which must not run two handlers at the same time: that of an
/// io_context with one thread, or a strand. It has to go, on its executor, before that does; who waits for an answer is then told
/// `client_stopped`.
class Client {
public:
    using executor_type = asio::any_io_executor;

    /// Throws InvalidOption.
    Client(executor_type executor, ClientOptions options) : Client{std::move(executor), std::move(options), false, tcp()} {}
    /// For a `wss` URL: `streams` is kb::client::tls(context), in kingbolt/client/tls.hpp.
    Client(executor_type executor, ClientOptions options, client::StreamFactory streams)
        : Client{std::move(executor), std::move(options), true, std::move(streams)} {}
    ~Client() { core_->retire(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    executor_type get_executor() const noexcept { return core_->executor(); }

    /// Anew, after it was stopped. Subscriptions stay.
    void start() {
        core_->conversation().start(core_->now());
        core_->perform();
    }
    /// Says goodbye. Whatever waits for an answer gets `client_stopped`.
    void stop() {
        core_->conversation().stop();
        core_->perform();
    }
    /// At present.
    client::State state() const noexcept { return core_->conversation().state(); }
    /// What the server calls this session: `12-3`. Empty before the first `welcome`.
    const std::string& session() const noexcept { return core_->conversation().session(); }
    /// By the last `welcome`; none before. The age of an event is this minus its `at`.
    std::optional<WallTime> server_time() const noexcept { return core_->conversation().server_time(core_->now()); }

    /// Replaces those that are there.
    void on(client::ClientHandlers handlers) { core_->handlers() = std::move(handlers); }

    /// A topic or a pattern, in any state; it stays until `unsubscribe`, over all connections. Once more replaces the handlers. An error:
    /// `bad_topic`.
    std::error_code subscribe(const std::string& topic, client::SubscriptionHandlers handlers) {
        if (!engine::is_subscribable(topic)) return Errc::bad_topic;
        core_->subscribe(topic, std::move(handlers));
        return {};
    }
    /// Its handlers are not called any more.
    void unsubscribe(const std::string& topic) { core_->unsubscribe(topic); }

    /// Publishes `data`, which is JSON. While there is no connection it waits for one, within `max_queued` and `max_queued_bytes`.
    ///
    /// Signature: void(client::PublishResult). Completes when the server has answered, when the connection was lost (`connection_lost`: it
    /// may have been published, and is not sent again), when the bounds are exceeded (`queue_full`) or the client is stopped. Cancellation,
    /// of any type: completes with `call_cancelled`; what was sent takes place all the same. From any thread; never completes within the
    /// call.
    template <class CompletionToken>
    auto async_publish(std::string_view topic, std::string_view event, std::string_view data, CompletionToken&& token) {
        std::optional<client::Failure> flaw;
        if (!engine::is_topic(topic)) flaw = {.code = "bad_topic", .message = make_error_code(Errc::bad_topic).message()};
        if (!client::detail::is_json(data)) flaw = {.code = "bad_json", .message = "data is not JSON"};
        auto start = [topic = std::string{topic}, event = std::string{event}, data = std::string{data}](
                         client::Conversation& conversation, TimePoint now) { return conversation.publish(now, topic, event, data); };
        return initiate<client::PublishResult>(std::move(flaw), std::move(start), token);
    }

    /// Calls a method with `params`, which is JSON, or empty for none. `deadline`: 1 ms to 5 min, else InvalidOption is thrown; it includes
    /// the time that the call waits for a connection.
    ///
    /// Signature: void(client::CallResult). Completes when the server has answered, with an error too; at the deadline (`call_timeout`);
    /// when the connection was lost (`connection_lost`: it may have been made, and is not repeated); when the bounds are exceeded
    /// (`queue_full`) or the client is stopped. Cancellation, of any type: completes with `call_cancelled`, and the server is told to
    /// cancel the call. From any thread; never completes within the call.
    template <class CompletionToken>
    auto async_call(std::string_view method, std::string_view params, Duration deadline, CompletionToken&& token) {
        using namespace std::chrono_literals;
        if (deadline < 1ms || deadline > 5min)
            throw InvalidOption{"deadline", std::to_string(milliseconds(deadline)) + " ms", "1 ms to 5 min", "use 30 s"};
        return call(method, params, deadline, token);
    }
    /// With ClientOptions::call_deadline.
    template <class CompletionToken>
    auto async_call(std::string_view method, std::string_view params, CompletionToken&& token) {
        return call(method, params, std::nullopt, token);
    }

private:
    Client(executor_type executor, ClientOptions options, bool secure, client::StreamFactory streams) {
        options.validate();
        if (client::parse_url(options.url).secure != secure)
            throw InvalidOption{"ClientOptions.url", '"' + options.url + '"', secure ? "wss://…" : "ws://…",
                                secure ? "leave out the TLS" : "give kb::client::tls(context) too"};
        core_ = std::make_shared<client::detail::ClientCore>(std::move(executor), std::move(options), std::move(streams));
    }
    static client::StreamFactory tcp() {
        return [](const asio::any_io_executor& executor, const client::Url&) { return std::make_unique<client::TcpStream>(executor); };
    }

    template <class CompletionToken>
    auto call(std::string_view method, std::string_view params, std::optional<Duration> deadline, CompletionToken& token) {
        std::optional<client::Failure> flaw;
        if (!params.empty() && !client::detail::is_json(params)) flaw = {.code = "bad_json", .message = "params is not JSON"};
        auto start = [method = std::string{method}, params = std::string{params}, deadline](
                         client::Conversation& conversation, TimePoint now) { return conversation.call(now, method, params, deadline); };
        return initiate<client::CallResult>(std::move(flaw), std::move(start), token);
    }

    template <class Result, class Start, class CompletionToken>
    auto initiate(std::optional<client::Failure> flaw, Start start, CompletionToken& token) {
        auto initiation = [core = core_](auto handler, std::optional<client::Failure> wrong, Start begin) {
            core->template async_request<Result>(std::move(handler), std::move(wrong), std::move(begin));
        };
        return asio::async_initiate<CompletionToken, void(Result)>(std::move(initiation), token, std::move(flaw), std::move(start));
    }

    std::shared_ptr<client::detail::ClientCore> core_;
};

}  // namespace kingbolt
