#include "envelope.hpp"

#include "json_object.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <chrono>
#include <utility>

namespace reference_server {
std::string event_frame(std::string_view topic, std::string_view event, std::uint64_t sequence, std::string_view data) {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t ts = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
    return JsonObject{}
        .add("type", "event")
        .add("topic", topic)
        .add("event", event)
        .add("seq", sequence)
        .add("ts", ts)
        .add_json("data", data)
        .take();
}

std::string reply_frame(std::string_view to, std::string_view topic) {
    return JsonObject{}.add("type", "reply").add("to", to).add("topic", topic).take();
}

std::string error_frame(std::string_view code, std::string_view message) {
    return JsonObject{}.add("type", "error").add("code", code).add("message", message).take();
}

std::string answer_frame(std::uint64_t id, std::string_view data, std::optional<kingbolt::Duration> stale_age) {
    JsonObject json;
    json.add("type", "reply").add("id", id);
    if (stale_age) json.add("stale", true).add("age_ms", kingbolt::milliseconds(*stale_age));
    return json.add_json("data", data).take();
}

std::string call_error_frame(std::uint64_t id, std::string_view code, std::string_view message, bool retry, kingbolt::Duration after) {
    JsonObject json;
    json.add("type", "error").add("id", id).add("code", code).add("message", message).add("retry", retry);
    if (after > kingbolt::Duration::zero() && after < kingbolt::Duration::max()) json.add("after_ms", kingbolt::milliseconds(after));
    return json.take();
}

namespace {

std::variant<Subscribe, Unsubscribe, Call, Refresh, Refusal> read_call(const rapidjson::Document& command) {
    const auto id = command.FindMember("id");
    if (id == command.MemberEnd() || !id->value.IsUint64()) return Refusal{"bad_message", R"(call needs an "id", a whole number)"};
    const auto method = command.FindMember("method");
    const std::string name = method != command.MemberEnd() && method->value.IsString() ? method->value.GetString() : "";
    if (name == "agents.list") return Call{id->value.GetUint64(), name, {}};
    if (name != "agents.status") return Refusal{"unknown_method", "\"" + name + "\" is neither agents.list nor agents.status"};
    const auto params = command.FindMember("params");
    if (params == command.MemberEnd() || !params->value.IsObject() || !params->value.HasMember("id") || !params->value["id"].IsString())
        return Refusal{"bad_message", R"(agents.status needs "params":{"id":…})"};
    return Call{id->value.GetUint64(), name, {params->value["id"].GetString(), params->value["id"].GetStringLength()}};
}

std::variant<Subscribe, Unsubscribe, Call, Refresh, Refusal> read_refresh(const rapidjson::Document& command) {
    const auto id = command.FindMember("id");
    const auto token = command.FindMember("token");
    if (id == command.MemberEnd() || !id->value.IsUint64() || token == command.MemberEnd() || !token->value.IsString())
        return Refusal{"bad_message", R"(refresh needs an "id", a whole number, and a "token")"};
    return Refresh{id->value.GetUint64(), {token->value.GetString(), token->value.GetStringLength()}};
}

}  // namespace

std::variant<Subscribe, Unsubscribe, Call, Refresh, Refusal> read_command(kingbolt::Message message) {
    if (!message.is_text()) return Refusal{"not_text", "send JSON in text messages"};
    rapidjson::Document command;
    // Iterative: a message of nothing but `[` must not cost one stack frame each.
    command.Parse<rapidjson::kParseIterativeFlag>(message.text().data(), message.size());
    if (command.HasParseError())
        return Refusal{"bad_json",
                       "at byte " + std::to_string(command.GetErrorOffset()) + ": " + rapidjson::GetParseError_En(command.GetParseError())};
    const auto text = [&command = std::as_const(command)](const char* key) -> const rapidjson::Value* {
        if (!command.IsObject()) return nullptr;
        const auto member = command.FindMember(key);
        return member != command.MemberEnd() && member->value.IsString() ? &member->value : nullptr;
    };
    const auto* type = text("type");
    if (type == nullptr) return Refusal{"bad_message", R"(a message is an object with a "type")"};
    const std::string_view verb{type->GetString(), type->GetStringLength()};
    if (verb == "call") return read_call(command);
    if (verb == "refresh") return read_refresh(command);
    if (verb != "subscribe" && verb != "unsubscribe")
        return Refusal{"unknown_type", "\"" + std::string{verb} + "\" is neither subscribe, unsubscribe, call nor refresh"};
    const auto* topic = text("topic");
    if (topic == nullptr) return Refusal{"bad_message", std::string{verb} + R"( needs a "topic")"};
    std::string name{topic->GetString(), topic->GetStringLength()};
    if (verb == "subscribe") return Subscribe{std::move(name)};
    return Unsubscribe{std::move(name)};
}

}  // namespace reference_server
