#include <kingbolt/client/detail/coming_back.hpp>
#include <kingbolt/client/detail/token_end.hpp>
#include <kingbolt/client/options.hpp>
#include <kingbolt/client/url.hpp>

#include <chrono>
#include <functional>
#include <string>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

std::string refused(const std::function<void(ClientOptions&)>& change) {
    ClientOptions options{.url = "ws://localhost/"};
    change(options);
    try {
        options.validate();
    } catch (const InvalidOption& wrong) {
        return wrong.option();
    }
    return {};
}

}  // namespace

TEST_CASE("a URL says host, port and target") {
    const auto url = client::parse_url("ws://hub.example.org:9002/live?x=1");
    CHECK_FALSE(url.secure);
    CHECK(url.host == "hub.example.org");
    CHECK(url.port == "9002");
    CHECK(url.authority == "hub.example.org:9002");
    CHECK(url.target == "/live?x=1");
    CHECK(client::parse_url("wss://h").port == "443");
    CHECK(client::parse_url("wss://h").target == "/");
    CHECK(client::parse_url("ws://h?x").target == "/?x");
    CHECK(client::parse_url("ws://[::1]:80/").host == "::1");
    CHECK(client::parse_url("ws://[::1]/").port == "80");
}

TEST_CASE("what is no URL of a WebSocket is refused") {
    for (const std::string url : {"", "http://h/", "ws://", "ws:///x", "ws://:80/", "ws://u@h/", "ws://h/#x", "ws://h:0/", "ws://h:70000/",
                                  "ws://h:x/", "ws://h:/", "ws://h /", "ws://h/\r\nX: y", "ws://[::1/", "ws://h\xC3\xA9/"})
        CHECK_THROWS_AS(client::parse_url(url), InvalidOption);
}

TEST_CASE("options out of their range are refused by name") {
    CHECK(refused([](ClientOptions&) {}).empty());
    CHECK(refused([](ClientOptions& o) { o.url = "h"; }) == "ClientOptions.url");
    CHECK(refused([](ClientOptions& o) { o.headers = {{"X", "a\r\nb"}}; }) == "ClientOptions.headers");
    CHECK(refused([](ClientOptions& o) { o.headers = {{"sec-websocket-protocol", "mine"}}; }) == "ClientOptions.headers");
    CHECK(refused([](ClientOptions& o) { o.headers = {{"Authorization", "Basic x"}}; }).empty());
    CHECK(refused([](ClientOptions& o) {
              o.headers = {{"Authorization", "Basic x"}};
              o.token = "t";
          }) == "ClientOptions.headers");
    CHECK(refused([](ClientOptions& o) { o.token = "a\nb"; }) == "ClientOptions.token");
    CHECK(refused([](ClientOptions& o) {
              o.token = "a b";
              o.token_in = client::TokenIn::subprotocol;
          }) == "ClientOptions.token");
    CHECK(refused([](ClientOptions& o) {
              o.token = "t";
              o.token_source = [](const client::TokenDone&) {};
          }) == "ClientOptions.token_source");
    CHECK(refused([](ClientOptions& o) { o.backoff.base = 0s; }) == "Backoff.base");
    CHECK(refused([](ClientOptions& o) { o.stable_after = -1s; }) == "ClientOptions.stable_after");
    CHECK(refused([](ClientOptions& o) { o.connect_timeout = 1ms; }) == "ClientOptions.connect_timeout");
    CHECK(refused([](ClientOptions& o) { o.close_timeout = 1h; }) == "ClientOptions.close_timeout");
    CHECK(refused([](ClientOptions& o) { o.liveness_margin = 0s; }) == "ClientOptions.liveness_margin");
    CHECK(refused([](ClientOptions& o) { o.call_deadline = 6min; }) == "ClientOptions.call_deadline");
    CHECK(refused([](ClientOptions& o) { o.max_message = 10; }) == "ClientOptions.max_message");
}

TEST_CASE("a delay in a Close reason is a word of its own, whole and not longer than a day") {
    using client::detail::delay_in;
    CHECK(delay_in("server_drain after_ms=350") == 350ms);
    CHECK(delay_in("after_ms=0") == 0ms);
    CHECK(delay_in("after_ms=7 and more") == 7ms);
    for (const char* const reason : {"", "after_ms=", "after_ms=-1", "after_ms=1.5", "xafter_ms=1", "after_ms=99999999999", "after_ms=1x"})
        CHECK_FALSE(delay_in(reason));
}

TEST_CASE("a token without an end of its own, a JWT, has its exp") {
    using client::detail::end_of;
    const WallTime then{1'000s};
    CHECK(end_of({.text = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjEwMDB9.c2ln"}) == then);
    CHECK(end_of({.text = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjEwMDB9.c2ln", .expires_at = WallTime{5s}}) == WallTime{5s});
    for (const char* const text : {"", "opaque", "a.b", "a.b.c", "a.e30.c", "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOiJ4In0.c2ln"})
        CHECK_FALSE(end_of({.text = text}));
}
