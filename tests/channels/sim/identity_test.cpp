// Who a client of channels is, and what it may do.

#include "channels/channel_rig.hpp"
#include "hub/doorman.hpp"

#include <kingbolt/policy/scope_authorizer.hpp>

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("subscriptions, publications and calls need a scope where there is an Authorizer") {
    World world;
    ChannelRig<Doorman, kb::ScopeAuthorizer> rig{world, {}, Doorman{}, kb::ScopeAuthorizer{}};
    rig.channels.configure("*", {.presence = true, .client_publish = true});
    rig.channels.method("echo", [](const kb::Call& call) { call.reply(call.params()); });
    rig.channels.method("other", [](const kb::Call& call) { call.reply("1"); });
    auto& client = rig.open({.headers = {{"Authorization", "good:ann"}}});
    const Texts no{R"({"type":"error","id":1,"code":"not_permitted","message":"not permitted","retry":false})"};

    CHECK(rig.ask(client, R"({"type":"subscribe","id":1,"topic":"news.a","presence":true})") ==
          Texts{R"({"type":"reply","id":1,"sub":{"topic":"news.a","epoch":"k","seq":0}})",
                R"({"type":"presence","topic":"news.a","state":[{"session":")" + kb::session_name(rig.rig.id(client)) +
                    R"(","subject":"ann"}]})"});
    CHECK(rig.ask(client, R"({"type":"subscribe","id":1,"topic":"doors.a"})") ==
          Texts{R"({"type":"error","id":1,"code":"not_permitted","message":"cannot subscribe to it","retry":false})"});
    CHECK(rig.ask(client, R"({"type":"publish","id":1,"topic":"news.a","data":1})") == no);
    CHECK(rig.ask(client, R"({"type":"call","id":1,"method":"echo","params":[1]})") == Texts{R"({"type":"reply","id":1,"data":[1]})"});
    CHECK(rig.ask(client, R"({"type":"call","id":1,"method":"other"})") == no);
}

TEST_CASE("a token is renewed with hello or refresh, and another's is refused") {
    World world;
    ChannelRig<Doorman> rig{world, {}, Doorman{}};
    auto& client = rig.open({.headers = {{"Authorization", "good:ann:60"}}});
    CHECK(rig.ask(client, R"({"type":"refresh","id":1,"token":"good:ann:3600"})") == Texts{R"({"type":"reply","id":1})"});
    for (const char* token : {"good:bob", "bad"})
        CHECK(rig.ask(client, R"({"type":"refresh","id":2,"token":")" + std::string{token} + "\"}") ==
              Texts{R"({"type":"error","id":2,"code":"bad_credentials","message":"the credentials are not accepted","retry":false})"});
    CHECK(rig.ask(client, R"({"type":"hello","token":"bad"})").front().starts_with(R"({"type":"error","code":"bad_credentials")"));
    CHECK(rig.ask(client, R"({"type":"hello","token":"good:ann:7200"})").front().starts_with(R"({"type":"welcome")"));
    rig.rig.world.run_for(1h);
    CHECK(client.is_open());
    rig.rig.world.run_for(2h);
    CHECK(client.close_code() == kb::CloseCode::auth_expired);
}

TEST_CASE("who loses subscriptions with a new token is told which, and is present there no more") {
    World world;
    ChannelRig<Doorman, kb::ScopeAuthorizer> rig{world, {}, Doorman{}, kb::ScopeAuthorizer{}};
    rig.channels.configure("news.*", {.presence = true});
    auto& client = rig.open({.headers = {{"Authorization", "good:ann"}}});
    auto& other = rig.open({.headers = {{"Authorization", "good:bob"}}});
    for (const char* topic : {"news.a", "news.today"})
        rig.ask(client, R"({"type":"subscribe","topic":")" + std::string{topic} + R"(","presence":true})");
    rig.ask(other, R"({"type":"subscribe","topic":"news.a","presence":true})");
    rig.ask(client, R"({"type":"ping","id":8})");

    CHECK(rig.ask(client, R"({"type":"refresh","id":9,"token":"less:ann"})") ==
          Texts{R"({"type":"error","code":"not_permitted","message":"the new token does not permit this subscription",)"
                R"("retry":false,"topic":"news.a"})",
                R"({"type":"reply","id":9})"});
    world.run_for(1s);
    CHECK(rig.rig.texts(other) ==
          Texts{R"({"type":"presence","topic":"news.a","joined":[],"left":[")" + kb::session_name(rig.rig.id(client)) + R"("]})"});
    rig.publish("news.a", 1);
    CHECK(rig.ask(client, R"({"type":"unsubscribe","id":2,"topic":"news.a"})") == Texts{R"({"type":"reply","id":2})"});
}

TEST_CASE("what is older than the history keeps is not recovered") {
    World world;
    ChannelRig<> rig{world, {.history = {.age = 10s}}};
    rig.publish("a", 1);
    world.run_for(6s);
    rig.publish("a", 2);
    auto& client = rig.open();
    CHECK(rig.ask(client, R"({"type":"subscribe","topic":"a","epoch":"k","seq":0})").size() == 3);
    world.run_for(6s);
    CHECK(rig.ask(client, R"({"type":"subscribe","topic":"a","epoch":"k","seq":0})") ==
          Texts{R"({"type":"reply","sub":{"topic":"a","epoch":"k","seq":2,"recovered":false}})"});
    CHECK(rig.ask(client, R"({"type":"subscribe","topic":"a","epoch":"k","seq":1})").size() == 2);
}
