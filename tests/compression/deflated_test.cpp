// What clients get: compressed once for all, readable by each of them, and left alone where it does not pay.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "compression/connection.hpp"
#include "compression/plain_inflate.hpp"
#include "support/catch.hpp"

using namespace compression_test;
using namespace std::string_view_literals;

TEST_CASE("`Hello` is compressed to the bytes of RFC 7692 §7.2.3.1, RSV1 set") {
    Zlib zlib{{.min_size = 1, .server_context_takeover = true}};
    Connection connection{zlib};
    const Frame frame = connection.send("Hello");
    CHECK(text_of(frame) == "\xf2\x48\xcd\xc9\xc9\x07\x00"sv);
    CHECK(std::to_integer<unsigned>(frame.wire()[0]) == 0xC1);
    CHECK(text_of(connection.send("Hello")) == "\xf2\x00\x11\x00\x00"sv);  // §7.2.3.2
}

TEST_CASE("messages of every size are read by another decoder, at every level, memory level and window") {
    const int level = GENERATE(1, 3, 6, 9);
    const int window_bits = GENERATE(9, 12, 15);
    const int memory_level = GENERATE(1, 8, 9);
    Zlib zlib{{.level = level, .server_max_window_bits = window_bits, .memory_level = memory_level}};
    Connection connection{zlib};
    for (const std::size_t size : {64, 125, 126, 512, 513, 1'000, 40'000, 100'000}) {
        const std::string message = events(size);
        const Frame frame = connection.send(message);
        REQUIRE(frame.window_bits() != 0);
        REQUIRE(frame.payload().size() < size);
        const PlainInflated read = PlainInflate::read(text_of(frame));
        REQUIRE(read.text == message);
        REQUIRE(read.reach <= 1U << frame.window_bits());
        REQUIRE(frame.window_bits() <= window_bits);
    }
}

TEST_CASE("what does not pay is the frame itself: control frames, small ones, and those that do not shrink") {
    Zlib zlib{{.min_size = 100}};
    Connection connection{zlib};
    const Frame frame = GENERATE(Frame::encode(Opcode::ping, std::string(120, 'x')), Frame::encode(Opcode::close, std::string(120, 'x')),
                                 Frame::encode(Opcode::text, std::string(99, 'x')), Frame::encode(Opcode::binary, noise(1'000, 1)),
                                 Frame::encode(Opcode::text, ""));
    CHECK(same_bytes(connection.send(frame), frame));
    CHECK(same_bytes(connection.send(frame), frame));
    CHECK(connection.send(std::string(100, 'x')).window_bits() == 8);
}

TEST_CASE("an empty message is never compressed, not even in a context") {
    Zlib zlib{{.min_size = 1, .server_context_takeover = true}};
    Connection connection{zlib};
    for (int i = 0; i < 3; ++i) CHECK(text_of(connection.send("")).empty());
    CHECK(connection.send("").window_bits() == 0);
}

TEST_CASE("a frame for many is compressed once, and keeps its opcode and label") {
    Zlib zlib;
    Connection first{zlib}, second{zlib};
    const Frame frame = Frame::encode(Opcode::binary, events(1'000), {.topic = 3, .sequence = 4, .key = 5});
    const Frame compressed = first.send(frame);
    CHECK_FALSE(same_bytes(compressed, frame));
    CHECK(same_bytes(second.send(frame), compressed));
    CHECK(same_bytes(first.send(frame), compressed));
    CHECK(compressed.opcode() == Opcode::binary);
    CHECK(compressed.label().topic == 3);
    CHECK(compressed.label().sequence == 4);
    CHECK(compressed.label().key == 5);
}

TEST_CASE("a connection that negotiated nothing gets every frame as it is, and nothing is compressed for it") {
    Zlib zlib;
    Zlib::State state;
    CHECK_FALSE(zlib.accept(state, {}));
    CHECK_FALSE(Zlib::active(state));
    const Frame frame = Frame::encode(Opcode::text, events(1'000));
    CHECK(same_bytes(zlib.deflated(state, frame), frame));
    CHECK_FALSE(frame.deflated());
}

TEST_CASE("of a bundle each message is compressed for itself, once for all") {
    Zlib zlib;
    Connection first{zlib}, second{zlib};
    const std::vector<Frame> parts{Frame::encode(Opcode::text, events(300)), Frame::encode(Opcode::text, "small"),
                                   Frame::encode(Opcode::binary, events(900))};
    const Frame bundle = Frame::bundle(parts);
    const Frame compressed = first.send(bundle);
    CHECK(same_bytes(second.send(bundle), compressed));
    REQUIRE(compressed.messages() == 3);
    CHECK(PlainInflate::read(text_of(compressed.parts()[0])).text == events(300));
    CHECK(same_bytes(compressed.parts()[1], parts[1]));
    CHECK(PlainInflate::read(text_of(compressed.parts()[2])).text == events(900));
    // A queue without room takes a bundle apart.
    CHECK(same_bytes(second.send(parts[0]), compressed.parts()[0]));
}

TEST_CASE("a bundle of which no message shrinks stays as it is") {
    Zlib zlib;
    Connection connection{zlib};
    const Frame bundle = Frame::bundle(std::vector{Frame::encode(Opcode::text, "small"), Frame::encode(Opcode::text, "smaller")});
    CHECK(same_bytes(connection.send(bundle), bundle));
}

TEST_CASE("a client with a small window gets compressed what fits into it, from the one compressed form, and the rest as it is") {
    const int window_bits = GENERATE(8, 9, 10, 14);
    Zlib zlib{{.server_context_takeover = window_bits == 8}};  // 8: zlib cannot; the client gets messages without context
    Connection usual{zlib}, small{zlib, {{"server_max_window_bits", std::to_string(window_bits)}}};
    const std::size_t window = std::size_t{1} << window_bits;
    for (const std::size_t size : {std::size_t{100}, window - 1, window, window + 1, std::size_t{60'000}}) {
        const Frame frame = Frame::encode(Opcode::text, events(size));
        const Frame sent = small.send(frame);
        if (size > window) {
            CHECK(same_bytes(sent, frame));
        } else {
            const PlainInflated read = PlainInflate::read(text_of(sent));
            CHECK(read.text == events(size));
            CHECK(read.reach <= window);
            if (window_bits != 8) CHECK(same_bytes(sent, usual.send(frame)));
        }
    }
}

TEST_CASE("a frame that a hub with a wider window has compressed is not sent to clients who could not read it") {
    Zlib wide, narrow{{.server_max_window_bits = 10}};
    Connection one{wide}, other{narrow};
    const Frame large = Frame::encode(Opcode::text, events(5'000)), small = Frame::encode(Opcode::text, events(1'000));
    CHECK(one.send(large).window_bits() == 13);
    CHECK(same_bytes(other.send(large), large));
    CHECK(same_bytes(other.send(small), one.send(small)));
    CHECK(other.send(events(5'001)).window_bits() == 10);
}

TEST_CASE("hubs on several threads may compress one frame at the same time") {
    std::vector<Frame> frames;
    for (unsigned i = 0; i < 300; ++i) frames.push_back(Frame::encode(Opcode::text, events(500, i)));
    std::array<std::vector<Frame>, 2> sent;
    std::vector<std::thread> threads;
    for (std::vector<Frame>& mine : sent) {
        threads.emplace_back([&mine, &frames] {
            Zlib zlib;
            Zlib::State state;
            const ExtensionOffer offer{"permessage-deflate"};
            zlib.accept(state, {&offer, 1});
            for (const Frame& frame : frames) mine.push_back(zlib.deflated(state, frame));
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < frames.size(); ++i) {
        REQUIRE(same_bytes(sent[0][i], sent[1][i]));
        REQUIRE(PlainInflate::read(text_of(sent[0][i])).text == text_of(frames[i]));
    }
}

TEST_CASE("with context takeover each connection's messages refer to those before, and the client reads them in order") {
    const int window_bits = GENERATE(9, 12, 15);
    Zlib zlib{{.server_context_takeover = true}};
    Connection connection{zlib, {{"server_max_window_bits", std::to_string(window_bits)}}};
    CHECK(connection.response == "permessage-deflate; client_no_context_takeover; server_max_window_bits=" + std::to_string(window_bits));
    std::string before;
    for (unsigned i = 0; i < 40; ++i) {
        // Those that do not shrink go through the context too, the small ones and the bundled.
        const std::string message = i % 5 == 4 ? noise(300, i) : events(20 + i * 37 % 700);
        const Frame plain = Frame::encode(Opcode::text, message);
        const Frame frame = i % 7 == 6 ? connection.send(Frame::bundle(std::vector{plain, Frame::encode(Opcode::text, "tiny")})).parts()[0]
                                       : connection.send(plain);
        CHECK_FALSE(plain.deflated());
        if (frame.window_bits() == 0) {
            REQUIRE(message.size() < 64);
            REQUIRE(text_of(frame) == message);
            continue;
        }
        const PlainInflated read = PlainInflate::read(text_of(frame), before);
        REQUIRE(read.text == message);
        REQUIRE(read.reach <= 1U << window_bits);
        before += message;
    }
}

TEST_CASE("a context makes small messages that resemble each other smaller than they are alone") {
    Zlib once, in_context{{.server_context_takeover = true}};
    Connection alone{once}, remembers{in_context};
    std::size_t size_alone = 0, size_in_context = 0;
    for (unsigned i = 0; i < 100; ++i) {
        size_alone += alone.send(events(200, i)).payload().size();
        size_in_context += remembers.send(events(200, i)).payload().size();
    }
    CHECK(size_in_context < size_alone / 2);
}

TEST_CASE("options out of range are refused when the object is made") {
    CHECK_THROWS_AS(Zlib{{.level = 10}}, InvalidOption);
    CHECK_THROWS_AS(Zlib{{.server_max_window_bits = 8}}, InvalidOption);
}
