#pragma once
// Plays one scenario of tests/clients/scenarios.json, whose format is in the README beside it: a Conversation in virtual time, and the two
// queues of what it does.

#include <kingbolt/client/conversation.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stdexcept>
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

/// Throws std::runtime_error with the step and what was found instead.
class Scenario {
public:
    explicit Scenario(const Json& scenario) : scenario_{scenario}, conversation_{options_of(scenario), [this] { return next_random(); }} {
        if (scenario.HasMember("random"))
            for (const Json& one : scenario["random"].GetArray()) random_.push_back(one.GetDouble());
    }

    /// The table has scenarios for clients that do not see pings.
    static bool is_for_us(const Json& scenario) {
        return !scenario.HasMember("options") || !scenario["options"].HasMember("liveness") ||
               std::string_view{scenario["options"]["liveness"].GetString()} == "pings";
    }

    void play() {
        std::size_t number = 0;
        for (const Json& one : scenario_["steps"].GetArray()) {
            try {
                step(one);
            } catch (const std::exception& problem) {
                throw std::runtime_error{"step " + std::to_string(number) + " " + text_of(one) + ": " + problem.what()};
            }
            ++number;
        }
        require_nothing();
    }

private:
    using Milliseconds = std::chrono::milliseconds;

    static ClientOptions options_of(const Json& scenario) {
        ClientOptions options{.url = "ws://simulation/", .token_in = client::TokenIn::subprotocol};
        if (!scenario.HasMember("options")) return options;
        const Json& given = scenario["options"];
        const auto ms = [&given](const char* name, Duration& target) {
            if (given.HasMember(name)) target = Milliseconds{given[name].GetInt64()};
        };
        ms("base_ms", options.backoff.base);
        ms("cap_ms", options.backoff.cap);
        ms("stable_ms", options.stable_after);
        ms("connect_timeout_ms", options.connect_timeout);
        ms("call_deadline_ms", options.call_deadline);
        if (given.HasMember("max_queued")) options.max_queued = given["max_queued"].GetUint64();
        if (given.HasMember("max_queued_bytes")) options.max_queued_bytes = given["max_queued_bytes"].GetUint64();
        if (given.HasMember("token_in")) options.token_in = client::TokenIn::hello;
        if (given.HasMember("token")) {
            if (given["token"].IsObject()) {
                options.token = given["token"]["fixed"].GetString();
            } else {
                options.token_source = [](const client::TokenDone&) {};
            }
        }
        return options;
    }

    double next_random() {
        if (random_.empty()) return 0;
        const double next = random_.front();
        if (random_.size() > 1) random_.pop_front();
        return next;
    }

    static std::string string(const Json& json, const char* name) { return json.HasMember(name) ? json[name].GetString() : ""; }

    void step(const Json& one) {
        const bool expects = one.MemberBegin()->name.GetString()[0] == 'e';
        if (!expects) {
            require_nothing();
            happen(one);
            take_actions();
        } else if (one.HasMember("expect_event")) {
            compare(one["expect_event"], next(told_), false);
        } else if (one.HasMember("expect_result")) {
            expect_result(one, next(told_));
        } else if (one.HasMember("expect_send")) {
            const Did did = next(done_);
            if (!did.json().HasMember("sent")) throw std::runtime_error{"instead: " + text_of(did.json())};
            compare(one["expect_send"], did.json()["sent"], true);
        } else {
            const Did did = next(done_);
            compare(one, did.json(), false);
        }
    }

    void happen(const Json& one) {
        if (one.HasMember("app")) return app(one);
        if (one.HasMember("server")) return server(one);
        if (one.HasMember("advance_ms")) return advance(Milliseconds{one["advance_ms"].GetInt64()});
        text_ = one.HasMember("server_text") ? one["server_text"].GetString() : text_of(one["server_message"]);
        conversation_.on_bytes(now_);
        conversation_.on_message(now_, text_);
    }

    void app(const Json& one) {
        const std::string verb = one["app"].GetString();
        if (verb == "connect") return conversation_.start(now_);
        if (verb == "close") return conversation_.stop();
        if (verb == "subscribe") return conversation_.subscribe(string(one, "topic"), one.HasMember("presence"));
        if (verb == "unsubscribe") return conversation_.unsubscribe(string(one, "topic"));
        if (verb == "cancel") return conversation_.cancel(tickets_.at(string(one, "of")));
        if (verb == "token") {
            if (one.HasMember("error")) return conversation_.on_no_token(now_, question_);
            client::Token token{.text = string(one, "value")};
            if (one.HasMember("expires_at_ms")) token.expires_at = WallTime{Milliseconds{one["expires_at_ms"].GetInt64()}};
            return conversation_.on_token(now_, question_, std::move(token));
        }
        client::Ticket ticket = 0;
        if (verb == "publish") {
            ticket = conversation_.publish(now_, string(one, "topic"), string(one, "event"), text_of(one["data"]));
        } else if (verb == "call") {
            const auto params = one.HasMember("params") ? std::optional{text_of(one["params"])} : std::nullopt;
            const auto deadline =
                one.HasMember("deadline_ms") ? std::optional<Duration>{Milliseconds{one["deadline_ms"].GetInt64()}} : std::nullopt;
            ticket = conversation_.call(now_, string(one, "method"), params, deadline);
        } else {
            throw std::runtime_error{"no such step"};
        }
        tickets_[string(one, "as")] = ticket;
    }

    void server(const Json& one) {
        const std::string verb = one["server"].GetString();
        if (verb == "open") {
            const auto selected = one.HasMember("protocol") ? string(one, "protocol") : std::string{client::subprotocol};
            return conversation_.on_open(now_, selected);
        }
        if (verb == "refuse" || verb == "lost") return conversation_.on_lost(now_);
        if (verb == "close") return conversation_.on_closed(now_, static_cast<CloseCode>(one["code"].GetUint()), string(one, "reason"));
        if (verb == "ping") return conversation_.on_bytes(now_);
        if (verb == "binary") return conversation_.on_binary();
        throw std::runtime_error{"no such step"};
    }

    void advance(Duration duration) {
        const TimePoint end = now_ + duration;
        for (auto due = conversation_.wake_at(); due && *due <= end; due = conversation_.wake_at()) {
            now_ = std::max(now_, *due);
            conversation_.on_time(now_);
            take_actions();
        }
        now_ = end;
    }

    // What it did.

    void take_actions() {
        while (const auto action = conversation_.next_action()) std::visit([this](const auto& one) { take(one); }, *action);
    }
    void take(const client::action::AskToken& ask) {
        question_ = ask.question;
        done_.emplace_back().text("expect", "token");
    }
    void take(const client::action::Connect& connect) {
        Did did;
        Json protocols{rapidjson::kArrayType};
        for (const auto& one : connect.subprotocols) protocols.PushBack(Json{one.c_str(), did.allocator()}, did.allocator());
        did.text("expect", "connect").add("protocols", std::move(protocols));
        done_.push_back(std::move(did));
    }
    void take(const client::action::Send& send) { done_.emplace_back().raw("sent", send.text); }
    void take(const client::action::Close& close) {
        done_.emplace_back().text("expect", "close").number("code", static_cast<int>(close.code));
    }
    void take(const client::action::Drop&) { done_.emplace_back().text("expect", "drop"); }

    void take(const client::action::Complete& complete) {
        const client::Answer& answer = complete.answer;
        Did did;
        did.number("ticket", static_cast<std::int64_t>(complete.ticket));
        Did inner;
        if (answer.failure) {
            inner.failure(*answer.failure);
        } else if (!answer.data.empty()) {
            inner.raw("data", answer.data).flag("stale", answer.stale).number("age_ms", milliseconds(answer.age));
        } else {
            inner.text("epoch", answer.epoch).number("seq", static_cast<std::int64_t>(answer.seq));
        }
        told_.push_back(std::move(did.raw(answer.failure ? "error" : "ok", text_of(inner.json()))));
    }
    void take(const client::StateChanged& e) {
        Did did{"state"};
        did.text("state", to_string(e.state));
        if (e.state == client::State::waiting) did.number("delay_ms", milliseconds(e.delay)).text("reason", e.reason);
        if (e.code) did.number("code", static_cast<int>(*e.code));
        told_.push_back(std::move(did));
    }
    void take(const client::Stopped& e) { told_.emplace_back("closed").number("code", static_cast<int>(e.code)).text("reason", e.reason); }
    void take(const client::Event& e) {
        told_.emplace_back("event")
            .text("subscription", e.subscription)
            .text("topic", e.topic)
            .text("event", e.event)
            .text("epoch", e.epoch)
            .number("seq", static_cast<std::int64_t>(e.seq))
            .number("ts", e.at.time_since_epoch().count())
            .raw("data", e.data);
    }
    void take(const client::Subscribed& e) {
        told_.emplace_back("subscribed").text("subscription", e.subscription);
        if (e.recovered) told_.back().flag("recovered", *e.recovered);
    }
    void take(const client::SubscriptionRefused& e) {
        told_.emplace_back("subscription_error").text("subscription", e.subscription).failure(e.failure);
    }
    void take(const client::Gap& e) {
        told_.emplace_back("gap")
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
        Did& did = told_.emplace_back("presence").text("subscription", e.subscription);
        if (e.state) return static_cast<void>(did.raw("state", members(*e.state)));
        Json left{rapidjson::kArrayType};
        for (const auto& one : e.left) left.PushBack(Json{one.c_str(), did.allocator()}, did.allocator());
        did.raw("joined", members(e.joined)).add("left", std::move(left));
    }
    void take(const client::Bye& e) {
        told_.emplace_back("bye").number("code", static_cast<int>(e.code)).text("reason", e.reason).flag("retry", e.retry);
        if (e.retry_after) told_.back().number("after_ms", milliseconds(*e.retry_after));
    }
    void take(const client::Trouble& e) { told_.emplace_back("error").failure(e.failure); }

    // Comparing.

    static Did next(std::deque<Did>& queue) {
        if (queue.empty()) throw std::runtime_error{"nothing was done"};
        Did first = std::move(queue.front());
        queue.pop_front();
        return first;
    }
    void require_nothing() const {
        for (const auto* queue : {&done_, &told_})
            if (!queue->empty()) throw std::runtime_error{"not expected: " + text_of(queue->front().json())};
    }
    static void compare(const Json& expected, const Did& did, bool exactly) { compare(expected, did.json(), exactly); }
    static void compare(const Json& expected, const Json& did, bool exactly) {
        bool same = !exactly || expected.MemberCount() == did.MemberCount();
        for (const auto& member : expected.GetObject()) {
            const auto found = did.FindMember(member.name);
            same = same && found != did.MemberEnd() && found->value == member.value;
        }
        if (!same) throw std::runtime_error{"instead: " + text_of(did)};
    }
    void expect_result(const Json& one, const Did& did) {
        const Json& result = did.json();
        const auto wrong = std::runtime_error{"instead: " + text_of(result)};
        if (!result.HasMember("ticket") || result["ticket"].GetUint64() != tickets_.at(string(one, "expect_result"))) throw wrong;
        const char* const how = one.HasMember("ok") ? "ok" : "error";
        if (!result.HasMember(how)) throw wrong;
        compare(one[how], result[how], true);
    }

    const Json& scenario_;
    std::deque<double> random_{};
    TimePoint now_{std::chrono::hours{1}};  // not 0, which is easily taken for "never"
    client::Conversation conversation_;
    std::string text_{};  ///< of the last message; what was told of it was copied at once
    std::deque<Did> done_{}, told_{};
    std::map<std::string, client::Ticket> tickets_{};
    std::uint64_t question_ = 0;
};

}  // namespace kingbolt::test
