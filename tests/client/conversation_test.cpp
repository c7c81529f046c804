// What this client decides beyond the table that all clients share.

#include <kingbolt/client/conversation.hpp>
#include <kingbolt/client/result.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

struct Words {
    std::string operator()(const client::action::AskToken&) const { return "ask"; }
    std::string operator()(const client::action::Connect& a) const {
        return "connect" + (a.authorization.empty() ? "" : " " + a.authorization);
    }
    std::string operator()(const client::action::Send& a) const { return "send " + a.text; }
    std::string operator()(const client::action::Close&) const { return "close"; }
    std::string operator()(const client::action::Drop&) const { return "drop"; }
    std::string operator()(const client::action::Complete& a) const {
        return "complete " + (a.answer.failure ? a.answer.failure->code : std::string{"well"});
    }
    std::string operator()(const client::StateChanged& e) const {
        const std::string state{to_string(e.state)};
        return e.state != client::State::waiting ? state : state + " " + std::to_string(milliseconds(e.delay)) + " " + e.reason;
    }
    std::string operator()(const client::Stopped& e) const { return "stopped for " + e.reason; }
    std::string operator()(const client::Event& e) const { return "event " + std::string{e.data}; }
    std::string operator()(const client::Subscribed& e) const { return "subscribed " + e.subscription; }
    std::string operator()(const client::SubscriptionRefused& e) const { return "refused " + e.failure.code; }
    std::string operator()(const client::Gap&) const { return "gap"; }
    std::string operator()(const client::Presence&) const { return "presence"; }
    std::string operator()(const client::Bye&) const { return "bye"; }
    std::string operator()(const client::Trouble& e) const { return "trouble " + e.failure.code; }
};

struct Talk {
    TimePoint now{1h};
    client::Conversation conversation;

    explicit Talk(ClientOptions options = {}) : conversation{with_url(std::move(options)), [] { return 0.0; }} {}
    static ClientOptions with_url(ClientOptions options) {
        options.url = "ws://simulation/";
        return options;
    }

    Lines did() {
        Lines lines;
        while (const auto action = conversation.next_action()) lines.push_back(std::visit(Words{}, *action));
        return lines;
    }
    Lines hears(std::string_view text) {
        conversation.on_message(now, text);
        return did();
    }
    /// As far as `welcome`.
    void welcome(const std::string& subs = "[]") {
        conversation.start(now);
        conversation.on_open(now, client::subprotocol);
        did();
        hears(R"({"type":"welcome","session":"1-1","now":1000,"ping_ms":1000,"subs":)" + subs + "}");
    }
    void pass(Duration duration) {
        now += duration;
        conversation.on_time(now);
    }
};

client::action::Connect connect_of(Talk& talk) {
    talk.conversation.start(talk.now);
    while (const auto action = talk.conversation.next_action())
        if (const auto* connect = std::get_if<client::action::Connect>(&*action)) return *connect;
    return {};
}

const auto nobody = [](const client::TokenDone&) {};

}  // namespace

TEST_CASE("by default the token goes where HTTP has a place for it") {
    Talk talk{{.token = "t1"}};
    const auto connect = connect_of(talk);
    CHECK(connect.authorization == "Bearer t1");
    CHECK(connect.subprotocols == Lines{"kingbolt.v1.json"});
    Talk without;
    CHECK(connect_of(without).authorization.empty());
}

TEST_CASE("a refused upgrade: 401 and 403 are final for who has no other token, a delay is obeyed, the rest is left to the back-off") {
    const auto after = [](unsigned status, std::optional<Duration> delay, ClientOptions options = {}) {
        Talk talk{std::move(options)};
        talk.conversation.start(talk.now);
        if (talk.did().back() == "ask") talk.conversation.on_token(talk.now, 1, {.text = "t"});
        talk.did();
        talk.conversation.on_refused(talk.now, status, delay);
        return talk.did();
    };
    CHECK(after(401, {}) == Lines{"stopped", "stopped for http_401"});
    CHECK(after(403, 7s) == Lines{"stopped", "stopped for http_403"});
    CHECK(after(401, {}, {.token = "t"}) == Lines{"stopped", "stopped for http_401"});
    CHECK(after(401, {}, {.token_source = nobody}) == Lines{"waiting 500 http_401"});
    CHECK(after(429, 7s) == Lines{"waiting 7000 http_429"});
    CHECK(after(503, 0s) == Lines{"waiting 500 http_503"});
    CHECK(after(503, {}) == Lines{"waiting 500 http_503"});
    CHECK(after(500, {}) == Lines{"waiting 500 http_500"});
    CHECK(after(302, {}) == Lines{"waiting 500 http_302"});
}

TEST_CASE("a subscription that wants presence after all is asked for once more, from where it stands") {
    Talk talk;
    talk.conversation.subscribe("a", false);
    talk.welcome(R"([{"topic":"a","epoch":"k","seq":3}])");
    talk.conversation.subscribe("a", false);
    CHECK(talk.did().empty());
    talk.conversation.subscribe("a", true);
    CHECK(talk.did() == Lines{R"(send {"type":"subscribe","id":1,"topic":"a","presence":true,"epoch":"k","seq":3})"});
    talk.conversation.subscribe("a", false);
    CHECK(talk.did().empty());
}

TEST_CASE("a result that is of another topic, or recovers what was never heard, does no harm") {
    Talk talk;
    talk.conversation.subscribe("a", false);
    talk.conversation.subscribe("b", false);
    talk.welcome(R"([{"topic":"b","epoch":"k","seq":3},{"topic":"b","epoch":"k","seq":3,"recovered":true}])");
    CHECK(talk.hears(R"({"type":"event","topic":"b","event":"e","epoch":"k","seq":4,"ts":0,"data":4})") == Lines{"event 4"});
    CHECK(talk.hears(R"({"type":"event","topic":"a","event":"e","epoch":"k","seq":4,"ts":0,"data":4})").empty());
}

TEST_CASE("a refresh whose source never answers is given up and planned anew") {
    Talk talk{{.token_source = nobody}};
    talk.conversation.start(talk.now);
    talk.conversation.on_token(talk.now, 1, {.text = "t", .expires_at = WallTime{101s}});
    talk.conversation.on_open(talk.now, client::subprotocol);
    talk.did();
    talk.hears(R"({"type":"welcome","session":"1-1","now":1000,"ping_ms":600000,"subs":[]})");
    talk.pass(80s);
    CHECK(talk.did() == Lines{"ask"});
    talk.pass(10s);
    CHECK(talk.did() == Lines{"trouble token_failed"});
    talk.conversation.on_token(talk.now, 2, {.text = "late"});
    CHECK(talk.did().empty());
    CHECK(talk.conversation.wake_at() == talk.now + 5s);
    talk.pass(5s);
    CHECK(talk.did() == Lines{"ask"});
}

TEST_CASE("a publication that was sent can be cancelled only for who waits for it") {
    Talk talk;
    talk.welcome();
    const auto ticket = talk.conversation.publish(talk.now, "a", "e", "1");
    talk.did();
    talk.conversation.cancel(ticket);
    CHECK(talk.did() == Lines{"complete cancelled"});
    CHECK(talk.hears(R"({"type":"reply","id":1,"epoch":"k","seq":1})").empty());
    CHECK(talk.hears(R"({"type":"reply","id":1,"epoch":"k","seq":1})") == Lines{"trouble bad_server_message"});
}

TEST_CASE("a linked server's reply to a publication has no number") {
    Talk talk;
    talk.welcome();
    const auto result_of = [&talk](std::string_view reply) {
        talk.conversation.publish(talk.now, "a", "e", "1");
        talk.did();
        talk.conversation.on_message(talk.now, reply);
        const auto action = talk.conversation.next_action();
        return client::result_of<client::PublishResult>(std::get<client::action::Complete>(action.value()).answer);
    };
    const auto linked = result_of(R"({"type":"reply","id":1})");
    CHECK(linked);
    CHECK_FALSE(linked.epoch);
    CHECK_FALSE(linked.seq);
    const auto alone = result_of(R"({"type":"reply","id":2,"epoch":"k","seq":7})");
    CHECK(alone.epoch == "k");
    CHECK(alone.seq == 7);
    CHECK(result_of(R"({"type":"reply","id":3,"seq":7})").failure.code == "bad_server_message");
}

TEST_CASE("a server that does not ping is never taken for dead") {
    Talk talk;
    talk.conversation.start(talk.now);
    talk.conversation.on_open(talk.now, client::subprotocol);
    talk.did();
    talk.hears(R"({"type":"welcome","session":"1-1","now":0,"ping_ms":0,"subs":[]})");
    CHECK_FALSE(talk.conversation.wake_at());
    talk.pass(24h);
    CHECK(talk.did().empty());
}

TEST_CASE("what is no ticket is not cancelled") {
    Talk talk;
    talk.welcome();
    talk.conversation.subscribe("a", false);
    talk.did();
    talk.conversation.cancel(0);
    talk.conversation.cancel(99);
    CHECK(talk.did().empty());
    CHECK(talk.hears(R"({"type":"reply","id":1,"sub":{"topic":"a","epoch":"k","seq":0}})") == Lines{"subscribed a"});
}

TEST_CASE("the server's clock goes on from welcome") {
    Talk talk;
    CHECK_FALSE(talk.conversation.server_time(talk.now));
    talk.welcome();
    CHECK(talk.conversation.session() == "1-1");
    CHECK(talk.conversation.server_time(talk.now + 2s) == WallTime{3s});
}

TEST_CASE("a stopped client wants nothing any more, whatever still comes") {
    Talk talk;
    talk.welcome();
    talk.conversation.stop();
    CHECK(talk.did() == Lines{"close", "stopped", "stopped for closed_by_application"});
    CHECK_FALSE(talk.conversation.wake_at());
    talk.conversation.on_message(talk.now, "{}");
    talk.conversation.on_closed(talk.now, CloseCode::normal, "");
    talk.conversation.on_refused(talk.now, 503, {});
    talk.conversation.on_open(talk.now, client::subprotocol);
    talk.conversation.on_binary();
    talk.conversation.on_token(talk.now, 1, {});
    talk.pass(1h);
    CHECK(talk.did().empty());
}
