// What a client writes as JSON is a request or refused with words; what is taken out of it lies in it, is JSON and UTF-8, and can be
// written again.

#include "fuzz/check.hpp"

#include <kingbolt/protocol/json.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace {

namespace kb = kingbolt;
namespace channel = kb::channel;
using kb::engine::is_utf8;
using kb::fuzz::check;

constexpr std::uint64_t max_number = kb::protocol::JsonTaker::max_number;

bool lies_in(std::string_view part, std::string_view whole) {
    const std::less_equal<> before{};
    return before(whole.data(), part.data()) && before(part.data() + part.size(), whole.data() + whole.size());
}

class Judge {
public:
    explicit Judge(std::string_view text) : text_{text} {}

    void operator()(const channel::Failure& failure) {
        check(!failure.code.empty() && !failure.message.empty(), "a refusal has words");
        check(failure.malformed == (failure.code == "bad_json"), "what is not readable is bad_json");
        check(failure.at.has_value() == failure.malformed && failure.at.value_or(0) <= text_.size(), "at lies in the message");
        written(json.failure(failure));
    }
    void operator()(const channel::Hello& hello) {
        if (hello.token) check(is_utf8(*hello.token), "a token is UTF-8");
        for (const channel::Wish& wish : hello.wishes) judge(wish);
    }
    void operator()(const channel::Subscribe& subscribe) {
        number(subscribe.id);
        judge(subscribe.wish);
    }
    void operator()(const channel::Unsubscribe& unsubscribe) {
        number(unsubscribe.id);
        name(unsubscribe.topic);
    }
    void operator()(const channel::Publish& publish) {
        number(publish.id);
        name(publish.topic);
        name(publish.event);
        value(publish.data);
        written(json.event({publish.topic, publish.event, "k", 1, 2, publish.data}));
    }
    void operator()(const channel::CallMethod& call) {
        number(call.id);
        name(call.method);
        if (!call.params.empty()) value(call.params);
        if (call.deadline) {
            const auto ms = kb::milliseconds(*call.deadline);
            check(ms >= 1 && ms <= 300'000, "a deadline is within its range");
        }
        written(json.answer(call.id, call.params.empty() ? "null" : call.params, call.deadline));
    }
    void operator()(const channel::Cancel& cancel) { number(cancel.id); }
    void operator()(const channel::Refresh& refresh) {
        number(refresh.id);
        check(is_utf8(refresh.token), "a token is UTF-8");
    }
    void operator()(const channel::Ping& ping) { number(ping.id); }

    kb::protocol::Json json{};

private:
    static void number(channel::RequestId id) { check(id.value_or(0) <= max_number, "a number is no larger than 2^53 - 1"); }
    static void name(std::string_view text) { check(!text.empty() && is_utf8(text), "a name is UTF-8, and not empty"); }

    void judge(const channel::Wish& wish) {
        name(wish.topic);
        channel::Subscribed sub{.topic = wish.topic, .is_pattern = kb::engine::is_pattern(wish.topic)};
        if (wish.from) {
            check(is_utf8(wish.from->epoch), "an epoch is UTF-8");
            check(sub.is_pattern ? wish.from->sequence == 0 : wish.from->positions.empty(), "a position is of its kind");
            number(wish.from->sequence);
            for (const channel::TopicPosition& one : wish.from->positions) {
                name(one.topic);
                number(one.sequence);
            }
            sub.position = *wish.from;
        }
        written(json.subscribed(1, sub));
    }
    void value(std::string_view part) {
        check(lies_in(part, text_), "a value lies in the message");
        check(json.is_value(part), "a value is JSON");
    }
    void written(const std::string& message) { check(json.is_value(message), "what is written is JSON"); }

    std::string_view text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = kb::fuzz::text_of(data, size);
    Judge judge{text};
    const channel::Request request = judge.json.read({kb::Opcode::text, text});
    std::visit(judge, request);
    return 0;
}
