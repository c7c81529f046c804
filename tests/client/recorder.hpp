#pragma once
// What a Conversation does, as tests/clients/scenarios.json writes it: two queues, to the network and to the application.

#include <kingbolt/client/action.hpp>
#include <kingbolt/client/detail/json.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kingbolt::test {

using Json = rapidjson::Value;

inline std::string text_of(const Json& json) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
    json.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

/// What a client did, as the table writes it.
class Did {
public:
    Did() : json_{rapidjson::kObjectType} {}
    explicit Did(const char* kind) : Did{} { text("kind", kind); }

    Did& text(const char* name, std::string_view value) {
        return add(name, Json{value.data(), static_cast<rapidjson::SizeType>(value.size()), json_.GetAllocator()});
    }
    Did& number(const char* name, std::int64_t value) { return add(name, Json{value}); }
    Did& flag(const char* name, bool value) { return add(name, Json{value}); }
    Did& raw(const char* name, std::string_view value) {
        rapidjson::Document document{&json_.GetAllocator()};
        document.Parse(value.data(), value.size());
        return add(name, Json{document, json_.GetAllocator()});
    }
    Did& failure(const client::Failure& failure) {
        text("code", failure.code).flag("retry", failure.retry);
        if (failure.retry_after) number("after_ms", milliseconds(*failure.retry_after));
        return *this;
    }
    Did& add(const char* name, Json value) {
        json_.AddMember(Json{name, json_.GetAllocator()}, std::move(value), json_.GetAllocator());
        return *this;
    }
    rapidjson::Document::AllocatorType& allocator() { return json_.GetAllocator(); }
    const Json& json() const { return json_; }

private:
    rapidjson::Document json_;
};

class Recorder {
public:
    std::deque<Did> done{}, told{};
    std::uint64_t question = 0;  ///< the last that the token source was asked

    void record(const client::Action& action) {
        std::visit([this](const auto& one) { take(one); }, action);
    }

private:
    void take(const client::action::AskToken& ask) {
        question = ask.question;
        done.emplace_back().text("expect", "token");
    }
    void take(const client::action::Connect& connect) {
        Did did;
        Json protocols{rapidjson::kArrayType};
        for (const auto& one : connect.subprotocols) protocols.PushBack(Json{one.c_str(), did.allocator()}, did.allocator());
        did.text("expect", "connect").add("protocols", std::move(protocols));
        done.push_back(std::move(did));
    }
    void take(const client::action::Send& send) { done.emplace_back().raw("sent", send.text); }
    void take(const client::action::Close& close) {
        done.emplace_back().text("expect", "close").number("code", static_cast<int>(close.code));
    }
    void take(const client::action::Drop&) { done.emplace_back().text("expect", "drop"); }

    void take(const client::action::Complete& complete) {
        const client::Answer& answer = complete.answer;
        Did did;
        did.number("ticket", static_cast<std::int64_t>(complete.ticket));
        Did inner;
        if (answer.failure) {
            inner.failure(*answer.failure);
        } else if (!answer.data.empty()) {
            inner.raw("data", answer.data).flag("stale", answer.stale).number("age_ms", milliseconds(answer.age));
        } else if (answer.epoch) {
            inner.text("epoch", *answer.epoch).number("seq", static_cast<std::int64_t>(answer.seq.value()));
        }
        told.push_back(std::move(did.raw(answer.failure ? "error" : "ok", text_of(inner.json()))));
    }
    void take(const client::StateChanged& e) {
        Did did{"state"};
        did.text("state", to_string(e.state));
        if (e.state == client::State::waiting) did.number("delay_ms", milliseconds(e.delay)).text("reason", e.reason);
        if (e.code) did.number("code", static_cast<int>(*e.code));
        told.push_back(std::move(did));
    }
    void take(const client::Stopped& e) { told.emplace_back("closed").number("code", static_cast<int>(e.code)).text("reason", e.reason); }
    void take(const client::Event& e) {
        told.emplace_back("event")
            .text("subscription", e.subscription)
            .text("topic", e.topic)
            .text("event", e.event)
            .text("epoch", e.epoch)
            .number("seq", static_cast<std::int64_t>(e.seq))
            .number("ts", e.at.time_since_epoch().count())
            .raw("data", e.data);
    }
    void take(const client::Subscribed& e) {
        told.emplace_back("subscribed").text("subscription", e.subscription);
        if (e.recovered) told.back().flag("recovered", *e.recovered);
    }
    void take(const client::SubscriptionRefused& e) {
        told.emplace_back("subscription_error").text("subscription", e.subscription).failure(e.failure);
    }
    void take(const client::Gap& e) {
        told.emplace_back("gap")
            .text("subscription", e.subscription)
            .text("topic", e.topic)
            .text("epoch", e.epoch)
            .number("from", static_cast<std::int64_t>(e.from))
            .number("to", static_cast<std::int64_t>(e.to))
            .flag("healing", e.healing);
    }
    static std::string members(const std::vector<client::Member>& members) {
        std::string list = "[";
        for (const auto& one : members) {
            client::detail::JsonObjectWriter out;
            out.text("session", one.session);
            if (!one.subject.empty()) out.text("subject", one.subject);
            list.append(list.size() > 1 ? "," : "").append(out.take());
        }
        return list + "]";
    }
    void take(const client::Presence& e) {
        Did& did = told.emplace_back("presence").text("subscription", e.subscription);
        if (e.state) return static_cast<void>(did.raw("state", members(*e.state)));
        Json left{rapidjson::kArrayType};
        for (const auto& one : e.left) left.PushBack(Json{one.c_str(), did.allocator()}, did.allocator());
        did.raw("joined", members(e.joined)).add("left", std::move(left));
    }
    void take(const client::Bye& e) {
        told.emplace_back("bye").number("code", static_cast<int>(e.code)).text("reason", e.reason).flag("retry", e.retry);
        if (e.retry_after) told.back().number("after_ms", milliseconds(*e.retry_after));
    }
    void take(const client::Trouble& e) { told.emplace_back("error").failure(e.failure); }
};

}  // namespace kingbolt::test
