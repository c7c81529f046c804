#include <kingbolt/engine/gathered_sends.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace kingbolt;
using engine::GatheredSends;

namespace {

constexpr SessionId one{1, 1}, other{2, 1};

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
    const std::string longer(200, 'l');
    for (const Message message : {Message{"first"}, Message{Opcode::binary, "\x01\x02"}, Message{longer}, Message{""}}) {
        REQUIRE(sends.takes(one, message));
        sends.add(one, message);
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
        sends.add(one, Message{Opcode::binary, text});
        const Frame frame = sends.take();
        CHECK(frame.messages() == 1);
        CHECK(frame.opcode() == Opcode::binary);
        CHECK(frame.payload().size() == size);
    }
}

TEST_CASE("what is for another session, large, or too much in all, does not join") {
    GatheredSends sends;
    CHECK_FALSE(sends.takes(one, std::string(GatheredSends::most_a_message + 1, 'x')));
    CHECK(sends.takes(one, std::string(GatheredSends::most_a_message, 'x')));
    sends.add(one, "first");
    CHECK_FALSE(sends.takes(other, "x"));
    while (sends.takes(one, std::string(1000, 'x'))) sends.add(one, std::string(1000, 'x'));
    CHECK(sends.bytes() <= GatheredSends::most + Frame::max_header_size);
    CHECK(sends.bytes() > GatheredSends::most - 1100);
    // The last may fill what is left to the byte, its header apart.
    const std::string last(GatheredSends::most - sends.bytes(), 'z');
    REQUIRE(sends.takes(one, last));
    sends.add(one, last);
    CHECK(sends.bytes() == GatheredSends::most + 4);
    CHECK_FALSE(sends.takes(one, "x"));
    CHECK(messages_of(sends.take()).back() == "text " + last);
    sends.add(one, "first");
    sends.forget();
    CHECK(sends.empty());
    CHECK(sends.takes(other, "x"));
}
