#pragma once
// Plays one scenario of tests/clients/scenarios.json, whose format is in the README beside it: a Conversation in virtual time, and the two
// queues of what it does.

#include <kingbolt/client/conversation.hpp>

#include <rapidjson/document.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "recorder.hpp"

namespace kingbolt::test {

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
            compare(one["expect_event"], next(recorder_.told), false);
        } else if (one.HasMember("expect_result")) {
            expect_result(one, next(recorder_.told));
        } else if (one.HasMember("expect_send")) {
            const Did did = next(recorder_.done);
            if (!did.json().HasMember("sent")) throw std::runtime_error{"instead: " + text_of(did.json())};
            compare(one["expect_send"], did.json()["sent"], true);
        } else {
            const Did did = next(recorder_.done);
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
            if (one.HasMember("error")) return conversation_.on_no_token(now_, recorder_.question);
            client::Token token{.text = string(one, "value")};
            if (one.HasMember("expires_at_ms")) token.expires_at = WallTime{Milliseconds{one["expires_at_ms"].GetInt64()}};
            return conversation_.on_token(now_, recorder_.question, std::move(token));
        }
        client::Ticket ticket = 0;
        if (verb == "publish") {
            ticket = conversation_.publish(now_, string(one, "topic"), string(one, "event"), text_of(one["data"]));
        } else if (verb == "call") {
            const std::string params = one.HasMember("params") ? text_of(one["params"]) : "";
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
        while (const auto action = conversation_.next_action()) recorder_.record(*action);
    }

    // Comparing.

    static Did next(std::deque<Did>& queue) {
        if (queue.empty()) throw std::runtime_error{"nothing was done"};
        Did first = std::move(queue.front());
        queue.pop_front();
        return first;
    }
    void require_nothing() const {
        for (const auto* queue : {&recorder_.done, &recorder_.told})
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
    Recorder recorder_{};
    std::map<std::string, client::Ticket> tickets_{};
};

}  // namespace kingbolt::test
