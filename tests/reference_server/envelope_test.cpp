#include "envelope.hpp"

#include "support/catch.hpp"

#include <rapidjson/document.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

using namespace reference_server;

namespace {

rapidjson::Document parse(const std::string& json) {
    rapidjson::Document document;
    document.Parse(json.c_str());
    REQUIRE_FALSE(document.HasParseError());
    return document;
}

std::string refusal(kingbolt::Message message) {
    const auto command = read_command(message);
    const auto* refused = std::get_if<Refusal>(&command);
    return refused != nullptr ? std::string{refused->code} : "accepted";
}

}  // namespace

TEST_CASE("an event carries its topic, name, sequence, time and data") {
    const auto event = parse(event_frame("agents.a", "status", 7, R"({"x":[1,2]})"));
    CHECK(event["type"] == "event");
    CHECK(event["topic"] == "agents.a");
    CHECK(event["event"] == "status");
    CHECK(event["seq"].GetUint64() == 7);
    CHECK(event["ts"].GetInt64() > 1'700'000'000'000);
    CHECK(event["data"]["x"][1].GetInt() == 2);
}

TEST_CASE("what a client chose comes back escaped") {
    const std::string topic = "a\"}\n\\";
    CHECK(parse(reply_frame("subscribe", topic))["topic"].GetString() == topic);
    CHECK(parse(error_frame("refused", topic))["message"].GetString() == topic);
}

TEST_CASE("subscribe and unsubscribe are read, whatever else the message holds") {
    const auto wish = read_command(R"({"more":{},"topic":"agents.*","type":"subscribe"})");
    REQUIRE(std::holds_alternative<Subscribe>(wish));
    CHECK(std::get<Subscribe>(wish).topic == "agents.*");
    const auto other = read_command(R"({"type":"unsubscribe","topic":"a"})");
    REQUIRE(std::holds_alternative<Unsubscribe>(other));
    CHECK(std::get<Unsubscribe>(other).topic == "a");
}

TEST_CASE("a call is read with its id, its method and the agent it is about") {
    const auto list = read_command(R"({"type":"call","id":7,"method":"agents.list"})");
    REQUIRE(std::holds_alternative<Call>(list));
    CHECK(std::get<Call>(list).id == 7);
    const auto status = read_command(R"({"type":"call","id":8,"method":"agents.status","params":{"id":"proc-1"}})");
    REQUIRE(std::holds_alternative<Call>(status));
    CHECK(std::get<Call>(status).method == "agents.status");
    CHECK(std::get<Call>(status).agent == "proc-1");
    CHECK(refusal(R"({"type":"call","method":"agents.list"})") == "bad_message");
    CHECK(refusal(R"({"type":"call","id":-1,"method":"agents.list"})") == "bad_message");
    CHECK(refusal(R"({"type":"call","id":1,"method":"agents.kill"})") == "unknown_method");
    CHECK(refusal(R"({"type":"call","id":1,"method":"agents.status"})") == "bad_message");
    CHECK(refusal(R"({"type":"call","id":1,"method":"agents.status","params":{"id":1}})") == "bad_message");
}

TEST_CASE("an answer to a call says whether it is live, an error whether to come back") {
    using namespace std::chrono_literals;
    CHECK_FALSE(parse(answer_frame(7, "[1]", std::nullopt)).HasMember("stale"));
    const auto stale = parse(answer_frame(7, "[1]", 8200ms));
    CHECK(stale["id"].GetUint64() == 7);
    CHECK(stale["stale"].GetBool());
    CHECK(stale["age_ms"].GetInt() == 8200);
    CHECK(stale["data"][0U].GetInt() == 1);
    const auto error = parse(call_error_frame(9, "breaker_open", "open", true, 1200ms));
    CHECK(error["code"] == "breaker_open");
    CHECK(error["retry"].GetBool());
    CHECK(error["after_ms"].GetInt() == 1200);
    CHECK_FALSE(parse(call_error_frame(9, "breaker_open", "", true, kingbolt::Duration::max())).HasMember("after_ms"));
}

TEST_CASE("what is no command is refused with a code that says why") {
    CHECK(refusal(kingbolt::Message{kingbolt::Opcode::binary, R"({"type":"subscribe","topic":"a"})"}) == "not_text");
    CHECK(refusal("") == "bad_json");
    CHECK(refusal("{} {}") == "bad_json");
    CHECK(refusal(std::string(1'000'000, '[')) == "bad_json");
    CHECK(refusal("7") == "bad_message");
    CHECK(refusal(R"({"topic":"a"})") == "bad_message");
    CHECK(refusal(R"({"type":"subscribe","topic":7})") == "bad_message");
    CHECK(refusal(R"({"type":"Subscribe","topic":"a"})") == "unknown_type");
}

TEST_CASE("a topic with a zero byte stays whole") {
    const auto wish = read_command(R"({"type":"subscribe","topic":"a\u0000b"})");
    REQUIRE(std::holds_alternative<Subscribe>(wish));
    CHECK(std::get<Subscribe>(wish).topic == std::string_view{"a\0b", 3});
}
