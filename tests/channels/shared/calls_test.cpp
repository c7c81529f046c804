// Calls: answered now, later, or not at all.

#include "channels/channel_rig.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

std::string error(int id, std::string_view code, std::string_view message, bool retry) {
    return R"({"type":"error","id":)" + std::to_string(id) + R"(,"code":")" + std::string{code} + R"(","message":")" +
           std::string{message} + R"(","retry":)" + (retry ? "true}" : "false}");
}
std::string call(int id, std::string_view method = "m", std::string_view more = "") {
    return R"({"type":"call","id":)" + std::to_string(id) + R"(,"method":")" + std::string{method} + "\"" + std::string{more} + "}";
}

}  // namespace

TEST_CASE("a method is given the params as they were written, and its answer goes out as it is") {
    World world;
    ChannelRig<> rig{world};
    std::string params;
    rig.channels.method("m", [&](const kb::Call& c) {
        params = c.params();
        c.reply(R"({ "a": 1 })");
        c.reply("2");  // too late
    });
    auto& client = rig.open();
    CHECK(rig.ask(client, call(1, "m", R"(,"params":{"x": [1] })")) == Texts{R"({"type":"reply","id":1,"data":{ "a": 1 }})"});
    CHECK(params == R"({"x": [1] })");
    CHECK(rig.ask(client, call(2)).size() == 1);
    CHECK(params.empty());
    CHECK(rig.ask(client, call(3, "other")) == Texts{error(3, "unknown_method", "there is no such method", false)});
}

TEST_CASE("answers may come later, in any order, and say that they are stale") {
    World world;
    ChannelRig<> rig{world};
    std::vector<kb::Call> calls;
    rig.channels.method("m", [&](kb::Call c) { calls.push_back(std::move(c)); });
    auto& client = rig.open();
    CHECK(rig.ask(client, call(1)).empty());
    CHECK(rig.ask(client, call(2)).empty());
    CHECK(rig.ask(client, call(2)) == Texts{error(2, "duplicate_id", "a call of that id has no answer yet", false)});
    calls[1].reply_stale("7", 8200ms);
    calls[0].fail("no_such_agent", "there is none");
    CHECK(rig.rig.texts(client) ==
          Texts{R"({"type":"reply","id":2,"stale":true,"age_ms":8200,"data":7})", error(1, "no_such_agent", "there is none", false)});
    CHECK(calls[0].is_over());
    CHECK(rig.ask(client, call(2)).empty());
}

TEST_CASE("a client cancels a call, and who works for it is told") {
    World world;
    ChannelRig<> rig{world};
    std::vector<kb::Call> calls;
    int cancelled = 0;
    rig.channels.method("m", [&](kb::Call c) {
        c.on_cancel([&] { ++cancelled; });
        calls.push_back(std::move(c));
    });
    auto& client = rig.open();
    rig.ask(client, call(1));
    CHECK(rig.ask(client, R"({"type":"cancel","id":1})") == Texts{error(1, "cancelled", "as asked", false)});
    CHECK(cancelled == 1);
    calls[0].reply("1");
    CHECK(rig.ask(client, R"({"type":"cancel","id":1})").empty());
    CHECK(cancelled == 1);
}

TEST_CASE("a call that takes longer than its deadline is answered without its method") {
    World world;
    ChannelRig<> rig{world, {.max_deadline = 400ms}};
    std::vector<kb::Call> calls;
    int cancelled = 0;
    rig.channels.method("m", [&](kb::Call c) {
        c.on_cancel([&] { ++cancelled; });
        calls.push_back(std::move(c));
    });
    auto& client = rig.open();
    client.send_text(call(1, "m", R"(,"deadline_ms":50)"));
    REQUIRE(rig.rig.until([&] { return client.received().size() == 1; }));
    client.send_text(call(2, "m", R"(,"deadline_ms":60000)"));
    REQUIRE(rig.rig.until([&] { return client.received().size() == 2; }));
    CHECK(client.received()[0].payload == error(1, "deadline_exceeded", "the method took too long", true));
    CHECK(client.received()[1].payload == error(2, "deadline_exceeded", "the method took too long", true));
    CHECK(cancelled == 2);
    client.take_messages();
}

TEST_CASE("calls without an answer are limited, and end with the client") {
    World world;
    ChannelRig<> rig{world, {.max_calls = 2}};
    std::vector<kb::Call> calls;
    int cancelled = 0;
    rig.channels.method("m", [&](kb::Call c) {
        c.on_cancel([&] { ++cancelled; });
        calls.push_back(std::move(c));
    });
    auto& client = rig.open();
    rig.ask(client, call(1));
    rig.ask(client, call(2));
    CHECK(rig.ask(client, call(3)) == Texts{error(3, "too_many_calls", "others have to be answered first", true)});
    client.reset();
    rig.rig.closed(client);
    CHECK(rig.rig.until([&] { return cancelled == 2; }));
    CHECK(calls[0].is_over());
    calls[0].reply("1");
}

TEST_CASE("a method that throws, or forgets to answer, answers internal, and the hub is told") {
    World world;
    ChannelRig<> rig{world};
    rig.channels.method("throws", [](const kb::Call&) { throw std::runtime_error{"a secret"}; });
    rig.channels.method("throws a number", [](const kb::Call&) { throw 42; });
    rig.channels.method("forgets", [](const kb::Call&) {});
    auto& client = rig.open();
    CHECK(rig.ask(client, call(1, "throws")) == Texts{error(1, "internal", "the method failed", true)});
    CHECK(rig.ask(client, call(2, "forgets")) == Texts{error(2, "internal", "the method gave no answer", true)});
    CHECK(rig.ask(client, call(3, "throws a number")) == Texts{error(3, "internal", "the method failed", true)});
    const auto& failures = rig.rig.journal.template of<kb::event::HandlerFailed>();
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].what == "a secret");
    CHECK(failures[1].what == "an exception that is not a std::exception");
}
