// Client over real sockets: completion tokens, cancellation, coming back, and what a server can do to it.

#include <kingbolt/client.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "raw_server.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

std::string welcome(const std::string& subs = "[]") {
    return R"({"type":"welcome","session":"1-1","now":1000,"ping_ms":20,"subs":)" + subs + "}";
}
std::string event_of(int seq, std::string_view data) {
    return R"({"type":"event","topic":"a","event":"e","epoch":"k","seq":)" + std::to_string(seq) + R"(,"ts":1,"data":)" +
           std::string{data} + "}";
}

/// Quick to come back, quick to give up.
ClientOptions quick(const RawServer& server) {
    return {.url = server.url(),
            .backoff = {.base = 20ms, .cap = 50ms},
            .connect_timeout = 300ms,
            .close_timeout = 100ms,
            .liveness_margin = 5s};
}

/// Up to `welcome`, with no subscriptions.
asio::awaitable<void> greet(Peer& peer) {
    co_await peer.accept();
    co_await peer.text();
    co_await peer.say(welcome());
}

struct Rig {
    asio::io_context io{};
    RawServer server;
    std::unique_ptr<Client> client;
    Lines states{};

    explicit Rig(std::vector<Script> scripts, std::function<void(ClientOptions&)> change = {}) : server{io, std::move(scripts)} {
        ClientOptions options = quick(server);
        if (change) change(options);
        client = std::make_unique<Client>(io.get_executor(), std::move(options));
        client->on({.on_state = [this](const client::StateChanged& e) {
            states.push_back(std::string{to_string(e.state)} + (e.reason.empty() ? "" : " " + e.reason));
        }});
    }
    bool becomes(client::State state) {
        return run_until(io, [&] { return client->state() == state; });
    }
};

}  // namespace

TEST_CASE("a client hears events, publishes and calls, with coroutines, callbacks and futures alike") {
    Lines said;
    Rig rig{{[&said](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        said.push_back(co_await peer.text());
        co_await peer.say(welcome(R"([{"topic":"a","epoch":"k","seq":0}])"));
        co_await peer.say(event_of(1, R"({"x": 1})"));
        said.push_back(co_await peer.text());
        co_await peer.say(R"({"type":"reply","id":1,"epoch":"k","seq":2})");
        said.push_back(co_await peer.text());
        co_await peer.say(R"({"type":"reply","id":2,"data":[1, 2],"stale":true,"age_ms":70})");
        said.push_back(co_await peer.text());
        co_await peer.say(R"({"type":"error","id":3,"code":"no_such_agent","message":"who?","retry":false})");
        co_await peer.see_end();
    }}};
    Lines events;
    CHECK_FALSE(rig.client->subscribe("a", {.on_event = [&events](const client::Event& e) { events.emplace_back(e.data); }}));
    CHECK(rig.client->subscribe("a.*.b", {}) == Errc::bad_topic);
    rig.client->start();

    std::optional<client::PublishResult> published;
    rig.client->async_publish("a", "e", "\"hi\"", [&published](client::PublishResult result) { published = std::move(result); });
    CHECK_FALSE(published);
    REQUIRE(run_until(rig.io, [&] { return published.has_value(); }));
    CHECK(*published);
    CHECK(published->epoch == "k");
    CHECK(published->seq == 2);
    CHECK(events == Lines{R"({"x": 1})"});

    std::optional<client::CallResult> answer;
    asio::co_spawn(
        rig.io, [&]() -> asio::awaitable<void> { answer = co_await rig.client->async_call("m", R"({"p":1})", 2s, asio::use_awaitable); },
        asio::detached);
    REQUIRE(run_until(rig.io, [&] { return answer.has_value(); }));
    CHECK(answer->data == "[1, 2]");
    CHECK(answer->stale);
    CHECK(answer->age == 70ms);

    std::future<client::CallResult> future = rig.client->async_call("n", "", asio::use_future);
    REQUIRE(run_until(rig.io, [&] { return future.wait_for(0s) == std::future_status::ready; }));
    const auto refused = future.get();
    CHECK(refused.error == Errc::request_refused);
    CHECK(refused.failure.code == "no_such_agent");

    CHECK(said[0] == R"({"type":"hello","subs":[{"topic":"a"}]})");
    CHECK(said[1] == R"({"type":"publish","id":1,"topic":"a","event":"e","data":"hi"})");
    CHECK(said[2].starts_with(R"({"type":"call","id":2,"method":"m","params":{"p":1},"deadline_ms":)"));
    CHECK(said[3].starts_with(R"({"type":"call","id":3,"method":"n","deadline_ms":)"));
    CHECK(rig.states == Lines{"connecting", "ready"});
    CHECK(rig.client->session() == "1-1");
}

TEST_CASE("what is not JSON or no topic fails without being sent, and a deadline out of its range is refused") {
    Rig rig{{}};
    std::vector<std::error_code> errors;
    const auto note = [&errors](const auto& result) { errors.push_back(result.error); };
    rig.client->async_publish("a.*", "e", "1", note);
    rig.client->async_publish("a", "e", "{", note);
    rig.client->async_publish("a", "e", "", note);
    rig.client->async_call("m", "nul", note);
    rig.client->async_call("m", "1", note);
    REQUIRE(run_until(rig.io, [&] { return errors.size() == 5; }));
    CHECK(errors == std::vector<std::error_code>{Errc::bad_topic, Errc::bad_json, Errc::bad_json, Errc::bad_json, Errc::client_stopped});
    CHECK_THROWS_AS(rig.client->async_call("m", "1", 0s, note), InvalidOption);
    CHECK_THROWS_AS(Client(rig.io.get_executor(), {.url = "wss://localhost/"}), InvalidOption);
}

TEST_CASE("cancelling a call tells the server, and whoever awaits it goes on") {
    Lines said;
    Rig rig{{[&said](Peer& peer) -> asio::awaitable<void> {
        co_await greet(peer);
        for (;;) said.push_back(co_await peer.text());
    }}};
    rig.client->start();
    REQUIRE(rig.becomes(client::State::ready));
    asio::cancellation_signal signal;
    std::optional<client::CallResult> result;
    rig.client->async_call("m", "",
                           asio::bind_cancellation_slot(signal.slot(), [&result](client::CallResult r) { result = std::move(r); }));
    REQUIRE(run_until(rig.io, [&] { return said.size() == 1; }));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(run_until(rig.io, [&] { return said.size() == 2 && result; }));
    CHECK(said[1] == R"({"type":"cancel","id":1})");
    CHECK(result->error == Errc::call_cancelled);
    signal.emit(asio::cancellation_type::terminal);
    run_for(rig.io, 20ms);
    CHECK(said.size() == 2);
}

TEST_CASE("a coroutine that is cancelled cancels the call it awaits") {
    Rig rig{{}};
    rig.client->start();
    asio::cancellation_signal signal;
    std::optional<std::error_code> error;
    asio::co_spawn(
        rig.io, [&]() -> asio::awaitable<void> { error = (co_await rig.client->async_call("m", "", asio::use_awaitable)).error; },
        asio::bind_cancellation_slot(signal.slot(), asio::detached));
    run_for(rig.io, 20ms);
    CHECK_FALSE(error);
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(run_until(rig.io, [&] { return error.has_value(); }));
    CHECK(error == Errc::call_cancelled);
}

TEST_CASE("after a restart the client resumes; what was under way is lost and not repeated, what waited is sent") {
    Lines said;
    Rig rig{{[&said](Peer& peer) -> asio::awaitable<void> {
                 co_await peer.accept();
                 co_await peer.text();
                 co_await peer.say(welcome(R"([{"topic":"a","epoch":"k","seq":0}])"));
                 co_await peer.say(event_of(1, "1"));
                 co_await peer.text();
             },
             [](Peer& peer) -> asio::awaitable<void> { co_await peer.request(); },
             [](Peer& peer) -> asio::awaitable<void> {
                 co_await peer.request();
                 co_await peer.send("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\n\r\n");
             },
             [&said](Peer& peer) -> asio::awaitable<void> {
                 co_await peer.accept();
                 said.push_back(co_await peer.text());
                 co_await peer.say(welcome(R"([{"topic":"a","epoch":"k","seq":2,"recovered":true}])"));
                 co_await peer.say(event_of(2, "2"));
                 said.push_back(co_await peer.text());
                 co_await peer.say(R"({"type":"reply","id":2,"epoch":"k","seq":3})");
                 co_await peer.see_end();
             }}};
    Lines events;
    rig.client->subscribe("a", {.on_event = [&events](const client::Event& e) { events.emplace_back(e.data); }});
    rig.client->start();
    REQUIRE(rig.becomes(client::State::ready));
    std::optional<std::error_code> lost;
    rig.client->async_publish("a", "e", "1", [&lost](const client::PublishResult& r) { lost = r.error; });
    REQUIRE(run_until(rig.io, [&] { return lost.has_value(); }));
    CHECK(lost == Errc::connection_lost);
    std::optional<std::error_code> waited;
    rig.client->async_publish("a", "e", "2", [&waited](const client::PublishResult& r) { waited = r.error; });
    REQUIRE(run_until(rig.io, [&] { return waited.has_value(); }));
    CHECK(waited == std::error_code{});
    CHECK(events == Lines{"1", "2"});
    CHECK(said[0] == R"({"type":"hello","subs":[{"topic":"a","epoch":"k","seq":1}]})");
    CHECK(said[1] == R"({"type":"publish","id":2,"topic":"a","event":"e","data":2})");
    CHECK(rig.states == Lines{"connecting", "ready", "waiting connection_lost", "connecting", "waiting connect_failed", "connecting",
                              "waiting http_503", "connecting", "ready"});
}

TEST_CASE("a server that has gone silent is left, one that pings is not") {
    bool pings = true;
    Rig rig{{[&pings, &rig](Peer& peer) -> asio::awaitable<void> {
                 co_await greet(peer);
                 asio::steady_timer timer{rig.io};
                 while (pings) {
                     co_await peer.send(server_frame(0x9, "p"));
                     timer.expires_after(20ms);
                     co_await timer.async_wait(asio::use_awaitable);
                 }
                 co_await peer.see_end();
             },
             greet},
            [](ClientOptions& options) { options.liveness_margin = 100ms; }};
    rig.client->start();
    REQUIRE(rig.becomes(client::State::ready));
    run_for(rig.io, 300ms);
    CHECK(rig.states == Lines{"connecting", "ready"});
    pings = false;
    REQUIRE(rig.becomes(client::State::waiting));
    CHECK(rig.states.back() == "waiting server_silent");
    REQUIRE(rig.becomes(client::State::ready));
}

TEST_CASE("a server that accepts and says nothing is left after the connect timeout") {
    Rig rig{{[](Peer& peer) -> asio::awaitable<void> { co_await peer.see_end(); }}};
    rig.client->start();
    REQUIRE(rig.becomes(client::State::waiting));
    CHECK(rig.states == Lines{"connecting", "waiting connect_timeout"});
}

TEST_CASE("401 ends a client without a token; one with a source asks again, and the token travels") {
    const Script refuse = [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send("HTTP/1.1 401 Unauthorized\r\n\r\n");
    };
    Rig without{{refuse}};
    without.client->start();
    REQUIRE(run_until(without.io, [&] { return without.states.size() == 2; }));
    CHECK(without.states == Lines{"connecting", "stopped"});

    Lines shown;
    const Script show = [&shown](Peer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        shown.push_back(peer.header("Authorization"));
        co_await peer.send("HTTP/1.1 401 Unauthorized\r\n\r\n");
    };
    int asked = 0;
    Rig with{{show, show}, [&asked](ClientOptions& options) {
                 options.token_source = [&asked](const client::TokenDone& done) {
                     if (++asked == 1) return done(client::Token{.text = "evil\r\nX: y"});
                     if (asked == 2) return done(std::nullopt);
                     done(client::Token{.text = "t" + std::to_string(asked)});
                 };
             }};
    with.client->start();
    REQUIRE(run_until(with.io, [&] { return shown.size() == 2; }));
    CHECK(shown == Lines{"Bearer t3", "Bearer t4"});
}

TEST_CASE("a token source without a token, in each place") {
    for (const auto place : {client::TokenIn::authorization, client::TokenIn::subprotocol, client::TokenIn::hello}) {
        Lines shown;
        const Script show = [&shown](Peer& peer) -> asio::awaitable<void> {
            co_await peer.accept();
            shown.push_back(peer.header("Authorization"));
            shown.push_back(peer.header("Sec-WebSocket-Protocol"));
            shown.push_back(co_await peer.text());
            co_await peer.say(welcome());
            co_await peer.see_end();
        };
        Rig rig{{show}, [place](ClientOptions& options) {
                    options.token_source = [](const client::TokenDone& done) { done(client::Token{}); };
                    options.token_in = place;
                }};
        rig.client->start();
        CHECK(rig.becomes(client::State::ready));
        CHECK(rig.states == Lines{"connecting", "ready"});
        CHECK(shown == Lines{"", "kingbolt.v1.json", R"({"type":"hello","subs":[]})"});
    }
}

TEST_CASE("stop says goodbye and lets the loop end") {
    unsigned code = 0;
    bool done = false;
    Rig rig{{[&](Peer& peer) -> asio::awaitable<void> {
        co_await greet(peer);
        code = (co_await peer.frame()).close_code();
        co_await peer.close(1000);
        done = true;
    }}};
    rig.client->start();
    REQUIRE(rig.becomes(client::State::ready));
    std::optional<std::error_code> error;
    rig.client->async_call("m", "", [&error](const client::CallResult& r) { error = r.error; });
    rig.client->stop();
    rig.server.stop();
    CHECK(rig.io.run_for(2s) > 0);
    CHECK(rig.io.stopped());
    CHECK(done);
    CHECK(code == 1000);
    CHECK(error == Errc::client_stopped);
}

TEST_CASE("a client may be destroyed within a callback of its own, and who waits is told") {
    Rig rig{{[](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        co_await peer.text();
        co_await peer.say(welcome(R"([{"topic":"a","epoch":"k","seq":0}])"));
        co_await peer.send(server_frame(0x1, event_of(1, "1")) + server_frame(0x1, event_of(2, "2")));
        co_await peer.see_end();
    }}};
    int events = 0;
    rig.client->subscribe("a", {.on_event = [&](const client::Event&) {
                              ++events;
                              rig.client.reset();
                          }});
    rig.client->start();
    std::optional<std::error_code> error;
    rig.client->async_call("m", "", [&error](const client::CallResult& r) { error = r.error; });
    REQUIRE(run_until(rig.io, [&] { return error.has_value(); }));
    CHECK(error == Errc::client_stopped);
    run_for(rig.io, 20ms);
    CHECK(events == 1);
}

TEST_CASE("what a callback throws leaves run, after the others were called; the client goes on with another connection") {
    const Script once = [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        co_await peer.text();
        co_await peer.say(welcome(R"([{"topic":"a","epoch":"k","seq":0},{"topic":"*","epoch":"k","positions":[]}])"));
        co_await peer.say(event_of(1, "1"));
        co_await peer.see_end();
    };
    Rig rig{{once, greet}};
    bool other = false;
    rig.client->subscribe("a", {.on_event = [](const client::Event&) { throw std::runtime_error{"mine"}; }});
    rig.client->subscribe("*", {.on_event = [&other](const client::Event& e) { other = e.data == "1"; }});
    rig.client->start();
    CHECK_THROWS_WITH(rig.becomes(client::State::waiting), "mine");
    CHECK(other);
    REQUIRE(rig.becomes(client::State::ready));
    CHECK(rig.states == Lines{"connecting", "ready", "waiting connection_lost", "connecting", "ready"});
}

TEST_CASE("what the network does not take is bounded too") {
    Rig rig{{[&rig](Peer& peer) -> asio::awaitable<void> {
                co_await greet(peer);
                asio::steady_timer never{rig.io, 1h};
                co_await never.async_wait(asio::use_awaitable);
            }},
            [](ClientOptions& options) { options.max_queued_bytes = 100'000; }};
    rig.client->start();
    REQUIRE(rig.becomes(client::State::ready));
    const std::string big = '"' + std::string(50'000, 'x') + '"';
    std::optional<std::error_code> error;
    for (int i = 0; i < 400 && !error; ++i) {
        rig.client->async_publish("a", "e", big, [&error](const client::PublishResult& r) { error = r.error; });
        run_for(rig.io, 1ms);
    }
    CHECK(error == Errc::queue_full);
}

TEST_CASE("requests may come from any thread") {
    Rig rig{{[](Peer& peer) -> asio::awaitable<void> {
        co_await greet(peer);
        for (int id = 1;; ++id) {
            co_await peer.text();
            co_await peer.say(R"({"type":"reply","id":)" + std::to_string(id) + R"(,"data":null})");
        }
    }}};
    rig.client->start();
    std::thread other{[&rig] {
        for (int i = 0; i < 20; ++i) CHECK(rig.client->async_call("m", "1", asio::use_future).get());
        rig.io.stop();
    }};
    rig.io.run_for(5s);
    other.join();
}

TEST_CASE("a client on a strand serves coroutines that run on several threads") {
    asio::io_context io;
    RawServer server{io, {[](Peer& peer) -> asio::awaitable<void> {
                         co_await greet(peer);
                         for (int id = 1;; ++id) {
                             co_await peer.text();
                             co_await peer.say(R"({"type":"reply","id":)" + std::to_string(id) + R"(,"data":null})");
                         }
                     }}};
    Client client{asio::make_strand(io), quick(server)};
    asio::post(client.get_executor(), [&client] { client.start(); });
    constexpr int callers = 8, calls = 25;
    std::atomic<int> answered{0}, ended{0};
    const auto call = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < calls; ++i) {
            const client::CallResult result = co_await client.async_call("m", "1", asio::use_awaitable);
            if (result) ++answered;
        }
        if (++ended == callers) io.stop();
    };
    for (int i = 0; i < callers; ++i) asio::co_spawn(io, call(), asio::detached);
    std::thread other{[&io] { io.run_for(10s); }};
    io.run_for(10s);
    other.join();
    CHECK(answered == callers * calls);
}
