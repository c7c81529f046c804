// Circuit breakers as methods: what their replies become, and what is left of a call when its client, its method, the channels or the
// service's loop goes first.

#include "channels/channel_rig.hpp"
#include "circuit_breaker/virtual_time.hpp"

#include <kingbolt/circuit_breaker/guarded_method.hpp>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

namespace kb = kingbolt;
using namespace kingbolt::test;
using breaker_test::Service;
using breaker_test::VirtualTime;

namespace {

/// The params themselves are the question; none are not understood.
std::optional<std::tuple<std::string>> question(const kb::Call& call) {
    if (call.params().empty()) return std::nullopt;
    return std::tuple{call.params()};
}
std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

std::string call(int id, std::string_view params = ",\"params\":1") {
    return R"({"type":"call","id":)" + std::to_string(id) + R"(,"method":"ask")" + std::string{params} + "}";
}
std::string error(int id, std::string_view code, std::string_view message, std::string_view retry) {
    return R"({"type":"error","id":)" + std::to_string(id) + R"(,"code":")" + std::string{code} + R"(","message":")" +
           std::string{message} + R"(","retry":)" + std::string{retry} + "}";
}

template <class... Policies>
auto make_breaker(VirtualTime& time, Service& service, Policies&&... policies) {
    return kb::CircuitBreaker{[&service](std::string asked) { return service.ask(std::move(asked)); },
                              kb::BreakerName{"engine"},
                              time.clock,
                              time.timers,
                              kb::Seed{1},
                              std::forward<Policies>(policies)...};
}

/// A service behind a breaker, as the method `ask`.
struct Guarded {
    VirtualTime time{};
    Service service{time};
    World world{};
    std::optional<ChannelRig<>> rig{std::in_place, world};

    template <class... Policies>
    Client& offer(Policies&&... policies) {
        const auto breaker = make_breaker(time, service, std::forward<Policies>(policies)...);
        rig->channels.method("ask", kb::guarded(time.io->get_executor(), breaker, question, in_quotes));
        return rig->open();
    }
    /// What has been answered when the service has had its turn.
    Texts after_turn(Client& client) {
        time.run();
        return rig->rig.texts(client);
    }
};

}  // namespace

TEST_CASE("a live answer of the breaker is the method's reply, and each call has its own") {
    Guarded g;
    Client& client = g.offer();
    CHECK(g.rig->ask(client, call(1)).empty());
    CHECK(g.rig->ask(client, call(2, R"(,"params":2)")).empty());
    g.time.run();
    CHECK(g.service.question(0) == "1");
    g.service.answer(1, "two");
    g.service.answer(0, "one");
    CHECK(g.after_turn(client) == Texts{R"({"type":"reply","id":2,"data":"two"})", R"({"type":"reply","id":1,"data":"one"})"});
}

TEST_CASE("params that cannot be decoded are bad, and the breaker is not asked") {
    Guarded g;
    Client& client = g.offer();
    CHECK(g.rig->ask(client, call(1, "")) == Texts{error(1, "bad_params", "the method does not take these params", "false")});
    CHECK(g.service.calls() == 0);
}

TEST_CASE("the last good answer is a stale reply, and without one the reason is the code") {
    Guarded g;
    Client& client = g.offer(kb::StaleCache{}, kb::ConsecutiveFailures{.threshold = 1, .open_for = 5s}, kb::Timeout{2s});
    g.rig->ask(client, call(1));
    g.time.run();
    g.service.answer(0, "one");
    g.time.run_for(1500ms);
    g.rig->ask(client, call(2));
    g.time.run();
    g.service.fail(1);
    const auto later = g.after_turn(client);
    CHECK(later == Texts{R"({"type":"reply","id":2,"stale":true,"age_ms":1500,"data":"one"})"});
    g.rig->ask(client, call(3, R"(,"params":3)"));
    CHECK(g.after_turn(client) == Texts{error(3, "breaker_open", "engine: the circuit breaker is open", R"(true,"after_ms":5000)")});
}

TEST_CASE("a call that fails says why, and an application may say it in its own words") {
    Guarded g;
    Client& client = g.offer(kb::ConsecutiveFailures{.threshold = 100});
    const auto fail = [&](int id, std::error_code why) {
        g.rig->ask(client, call(id));
        g.time.run();
        g.service.fail(g.service.calls() - 1, why);
        return g.after_turn(client);
    };
    CHECK(fail(1, std::make_error_code(std::errc::timed_out)) == Texts{error(1, "call_failed", "engine: Connection timed out", "true")});

    const auto breaker = make_breaker(g.time, g.service);
    const auto explain = [](const kb::Reply<std::string>& reply) -> std::optional<kb::MethodError> {
        if (reply.error() != std::errc::no_such_file_or_directory) return std::nullopt;
        return kb::MethodError{"no_such_agent", "there is none"};
    };
    g.rig->channels.method("ask", kb::guarded(g.time.io->get_executor(), breaker, question, in_quotes, explain));
    CHECK(fail(2, std::make_error_code(std::errc::no_such_file_or_directory)) ==
          Texts{error(2, "no_such_agent", "there is none", "false")});
    CHECK(fail(3, std::make_error_code(std::errc::timed_out)) == Texts{error(3, "call_failed", "engine: Connection timed out", "true")});
}

TEST_CASE("a breaker that is forced open does not know when to come back") {
    Guarded g;
    auto breaker = make_breaker(g.time, g.service);
    breaker.force_open();
    g.rig->channels.method("ask", kb::guarded(g.time.io->get_executor(), breaker, question, in_quotes));
    Client& client = g.rig->open();
    g.rig->ask(client, call(1));
    CHECK(g.after_turn(client) == Texts{error(1, "breaker_open", "engine: the circuit breaker is open", "true")});
}

TEST_CASE("a call that is cancelled, too late or of a client that has gone is cancelled at the service") {
    Guarded g;
    const auto breaker = make_breaker(g.time, g.service);
    g.rig.emplace(g.world, kb::ChannelOptions{.max_deadline = 400ms});
    g.rig->channels.method("ask", kb::guarded(g.time.io->get_executor(), breaker, question, in_quotes));
    Client& client = g.rig->open();
    g.rig->ask(client, call(1));
    g.time.run();
    CHECK(g.rig->ask(client, R"({"type":"cancel","id":1})") == Texts{error(1, "cancelled", "as asked", "false")});
    CHECK(g.after_turn(client).empty());
    CHECK(g.service.cancelled() == 1);

    g.rig->ask(client, call(2));
    g.time.run();
    REQUIRE(g.rig->rig.until([&] { return !client.received().empty(); }));
    CHECK(g.after_turn(client) == Texts{error(2, "deadline_exceeded", "the method took too long", "true")});
    CHECK(g.service.cancelled() == 2);

    g.rig->ask(client, call(3));
    g.time.run();
    client.reset();
    g.rig->rig.closed(client);
    g.world.run_for(1s);
    g.time.run();
    CHECK(g.service.cancelled() == 3);
    CHECK(g.service.running() == 0);
    CHECK(breaker.stats().consecutive_failures == 0);
}

TEST_CASE("a call that is cancelled before the service has been asked never is") {
    Guarded g;
    Client& client = g.offer();
    g.rig->ask(client, call(1));
    CHECK(g.rig->ask(client, R"({"type":"cancel","id":1})") == Texts{error(1, "cancelled", "as asked", "false")});
    CHECK(g.after_turn(client).empty());
    CHECK(g.service.running() == 0);
}

TEST_CASE("who leaves does not take along those who share the call") {
    Guarded g;
    Client& one = g.offer(kb::SingleFlight{});
    Client& other = g.rig->open();
    g.rig->ask(one, call(1));
    g.rig->ask(other, call(1));
    g.time.run();
    CHECK(g.service.calls() == 1);
    one.reset();
    g.rig->rig.closed(one);
    g.world.run_for(1s);
    g.time.run();
    g.service.answer(0, "one");
    CHECK(g.after_turn(other) == Texts{R"({"type":"reply","id":1,"data":"one"})"});
}

TEST_CASE("a method that is replaced answers the calls that it has") {
    Guarded g;
    Client& client = g.offer();
    g.rig->ask(client, call(1));
    g.time.run();
    g.rig->channels.method("ask", [](const kb::Call& c) { c.reply("2"); });
    g.service.answer(0, "one");
    CHECK(g.after_turn(client) == Texts{R"({"type":"reply","id":1,"data":"one"})"});
}

TEST_CASE("channels that are destroyed cancel what is on its way, and what comes later finds nobody") {
    Guarded g;
    Client& client = g.offer();
    g.rig->ask(client, call(1));
    g.rig->ask(client, call(2));
    g.time.run();
    g.service.answer(1, "two");
    g.rig.reset();
    g.time.run();
    CHECK(g.service.running() == 0);
    CHECK(g.service.cancelled() == 1);
}

TEST_CASE("a loop that is destroyed with calls on their way leaves them without an answer, and says so") {
    World world;
    ChannelRig<> rig{world};
    auto io = std::make_unique<asio::io_context>();
    kb::CircuitBreaker breaker{[&](std::string asked) -> asio::awaitable<std::string> {
        asio::steady_timer never{*io, std::chrono::hours{1}};
        co_await never.async_wait(asio::use_awaitable);
        co_return asked;
    }};
    rig.channels.method("ask", kb::guarded(io->get_executor(), breaker, question, in_quotes));
    Client& client = rig.open();
    rig.ask(client, call(1));
    io->poll();
    rig.ask(client, call(2));  // not even begun
    rig.channels.method("ask", [](const kb::Call&) {});
    io.reset();
    CHECK(rig.rig.texts(client).size() == 2);
    CHECK(rig.ask(client, R"({"type":"cancel","id":1})").empty());
}

TEST_CASE("what the encoder throws is the method's failure, and no other's") {
    Guarded g;
    const auto breaker = make_breaker(g.time, g.service);
    const auto encode = [](const std::string&) -> std::string { throw std::runtime_error{"a secret"}; };
    g.rig->channels.method("ask", kb::guarded(g.time.io->get_executor(), breaker, question, encode));
    Client& client = g.rig->open();
    g.rig->ask(client, call(1));
    g.time.run();
    g.service.answer(0, "one");
    CHECK(g.after_turn(client) == Texts{error(1, "internal", "the method failed", "true")});
}

TEST_CASE("a breaker whose call blocks answers at once") {
    World world;
    ChannelRig<> rig{world};
    bool works = true;
    kb::CircuitBreaker breaker{[&](std::string asked) {
                                   if (!works) throw std::runtime_error{"down"};
                                   return asked;
                               },
                               kb::StaleCache{}, kb::testing::ManualClock{}};
    rig.channels.method("ask", kb::guarded(breaker, question, in_quotes));
    Client& client = rig.open();
    CHECK(rig.ask(client, call(1)) == Texts{R"({"type":"reply","id":1,"data":"1"})"});
    works = false;
    CHECK(rig.ask(client, call(2)) == Texts{R"({"type":"reply","id":2,"stale":true,"age_ms":0,"data":"1"})"});
    CHECK(rig.ask(client, call(3, R"(,"params":3)")) == Texts{error(3, "call_failed", "breaker: the call failed", "true")});
}
