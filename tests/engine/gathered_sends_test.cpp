#include <kingbolt/engine/gathered_sends.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace kingbolt;
using engine::GatheredSends;

namespace {

constexpr SessionId one{1, 1}, other{2, 1};
constexpr GatheredSends::Room plenty{.bytes = 1'000'000, .messages = 1'000};

std::vector<std::string> messages_of(const Frame& frame) {
    std::vector<std::string> all;
    frame.for_each_message([&](const Frame& message) {
        CHECK(message.messages() == 1);
        CHECK(message.label().topic == Label::no_topic);
        const auto payload = message.payload();
        all.push_back((message.opcode() == Opcode::text ? "text " : "binary ") +
                      std::string{reinterpret_cast<const char*>(payload.data()), payload.size()});
    });
    return all;
}

}  // namespace

TEST_CASE("small messages to one session become one frame, which knows them one by one") {
    GatheredSends sends;
    CHECK(sends.empty());
    sends.begin(one, plenty);
    const std::string longer(200, 'l');
    for (const Message message : {Message{"first"}, Message{Opcode::binary, "\x01\x02"}, Message{longer}, Message{""}}) {
        REQUIRE(sends.takes(one, message));
        sends.add(message);
    }
    CHECK(sends.session() == one);
    CHECK(sends.messages() == 4);
    CHECK(sends.bytes() == 7 + 4 + 204 + 2);
    const Frame frame = sends.take();
    CHECK(sends.empty());
    CHECK(frame.messages() == 4);
    CHECK(frame.wire().size() == 7 + 4 + 204 + 2);
    CHECK(messages_of(frame) == std::vector<std::string>{"text first", "binary \x01\x02", "text " + longer, "text "});
}

TEST_CASE("a single message becomes the frame that it would have been") {
    GatheredSends sends;
    for (const std::size_t size : {0, 125, 126, 1024}) {
        const std::string text(size, 'x');
        sends.begin(one, plenty);
        sends.add(Message{Opcode::binary, text});
        const Frame frame = sends.take();
        CHECK(frame.messages() == 1);
        CHECK(frame.opcode() == Opcode::binary);
        CHECK(frame.payload().size() == size);
    }
}

TEST_CASE("whoever has not begun, or whose messages have been taken or forgotten, has to begin") {
    GatheredSends sends;
    CHECK_FALSE(sends.takes(one, "x"));
    CHECK_FALSE(sends.takes(SessionId{1, 2}, "x"));
    sends.begin(one, plenty);
    CHECK(sends.takes(one, "x"));
    CHECK_FALSE(sends.takes(other, "x"));
    CHECK_FALSE(sends.takes(SessionId{1, 2}, "x"));
    sends.add("x");
    sends.take();
    CHECK_FALSE(sends.takes(one, "x"));
    sends.begin(other, plenty);
    sends.add("x");
    sends.forget();
    CHECK(sends.empty());
    CHECK_FALSE(sends.takes(other, "x"));
}

TEST_CASE("what is large, or too much in all, does not join") {
    GatheredSends sends;
    sends.begin(one, plenty);
    CHECK_FALSE(sends.takes(one, std::string(GatheredSends::most_a_message + 1, 'x')));
    CHECK(sends.takes(one, std::string(GatheredSends::most_a_message, 'x')));
    sends.add("first");
    while (sends.takes(one, std::string(1000, 'x'))) sends.add(std::string(1000, 'x'));
    CHECK(sends.bytes() <= GatheredSends::most + Frame::max_header_size);
    CHECK(sends.bytes() > GatheredSends::most - 1100);
    // The last may fill what is left to the byte, its header apart.
    const std::string last(GatheredSends::most - sends.bytes(), 'z');
    REQUIRE(sends.takes(one, last));
    sends.add(last);
    CHECK(sends.bytes() == GatheredSends::most + 4);
    CHECK_FALSE(sends.takes(one, "x"));
    CHECK(messages_of(sends.take()).back() == "text " + last);
}

TEST_CASE("nothing joins for which its session's queue would have no room") {
    GatheredSends sends;
    sends.begin(one, {.bytes = 100, .messages = 100});
    CHECK(sends.takes(one, std::string(90, 'x')));
    CHECK_FALSE(sends.takes(one, std::string(91, 'x')));
    sends.add(std::string(50, 'x'));
    CHECK(sends.takes(one, std::string(38, 'x')));
    CHECK_FALSE(sends.takes(one, std::string(39, 'x')));
    sends.forget();
    sends.begin(one, {.bytes = 100, .messages = 2});
    sends.add("1");
    CHECK(sends.takes(one, "2"));
    sends.add("2");
    CHECK_FALSE(sends.takes(one, "3"));
    sends.forget();
    sends.begin(one, {});
    CHECK_FALSE(sends.takes(one, ""));
}

TEST_CASE("an empty message joins the others, also one without an address") {
    GatheredSends sends;
    sends.begin(one, plenty);
    sends.add(std::string_view{});
    sends.add("");
    CHECK(messages_of(sends.take()) == std::vector<std::string>{"text ", "text "});
}

TEST_CASE("a frame that somebody keeps is not written over") {
    GatheredSends sends;
    sends.begin(one, plenty);
    sends.add("kept");
    const Frame kept = sends.take();
    sends.begin(other, plenty);
    sends.add("next");
    CHECK(messages_of(sends.take()) == std::vector<std::string>{"text next"});
    CHECK(messages_of(kept) == std::vector<std::string>{"text kept"});
}
