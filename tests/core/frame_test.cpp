#include <kingbolt/core/frame.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/run_of.hpp"

using namespace kingbolt;

namespace {

struct Decoded {
    bool final = false;
    unsigned reserved = 0;
    bool masked = false;
    Opcode opcode{};
    std::size_t header_size = 0;
    std::uint64_t payload_size = 0;
};

// The other side's reading of RFC 6455 §5.2, written apart from the encoder.
Decoded decode(std::span<const std::byte> wire) {
    const auto byte = [&wire](std::size_t i) { return std::to_integer<unsigned>(wire[i]); };
    Decoded d{.final = (byte(0) & 0x80U) != 0,
              .reserved = (byte(0) >> 4U) & 0x7U,
              .masked = (byte(1) & 0x80U) != 0,
              .opcode = static_cast<Opcode>(byte(0) & 0xFU),
              .header_size = 2,
              .payload_size = byte(1) & 0x7FU};
    const std::size_t extended = d.payload_size == 126 ? 2 : d.payload_size == 127 ? 8 : 0;
    if (extended != 0) d.payload_size = 0;
    for (std::size_t i = 0; i < extended; ++i) d.payload_size = (d.payload_size << 8U) | byte(2 + i);
    d.header_size += extended;
    return d;
}

std::vector<unsigned> header_bytes(std::uint64_t size) {
    std::array<std::byte, Frame::max_header_size> out{};
    const std::size_t n = Frame::write_header(out, Opcode::binary, size);
    std::vector<unsigned> bytes;
    for (std::size_t i = 0; i < n; ++i) bytes.push_back(std::to_integer<unsigned>(out[i]));
    return bytes;
}

}  // namespace

TEST_CASE("a frame is final, unmasked, without reserved bits, and says its length in the shortest form") {
    const auto [size, header_size] = GENERATE(table<std::size_t, std::size_t>(
        {{0, 2}, {1, 2}, {125, 2}, {126, 4}, {127, 4}, {65534, 4}, {65535, 4}, {65536, 10}, {65537, 10}, {1'000'000, 10}}));
    const Opcode opcode = GENERATE(Opcode::text, Opcode::binary);
    std::string payload(size, '\0');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 31 + 7);

    const Frame frame = Frame::encode(opcode, payload);

    const Decoded decoded = decode(frame.wire());
    CHECK(decoded.final);
    CHECK(decoded.reserved == 0);
    CHECK_FALSE(decoded.masked);
    CHECK(decoded.opcode == opcode);
    CHECK(decoded.header_size == header_size);
    CHECK(decoded.payload_size == size);
    CHECK(frame.wire().size() == header_size + size);
    CHECK(frame.opcode() == opcode);
    const auto carried = frame.payload();
    CHECK((std::string_view{reinterpret_cast<const char*>(carried.data()), carried.size()} == payload));
}

TEST_CASE("the headers of RFC 6455 §5.2, byte for byte") {
    CHECK(header_bytes(0) == std::vector<unsigned>{0x82, 0x00});
    CHECK(header_bytes(125) == std::vector<unsigned>{0x82, 0x7D});
    CHECK(header_bytes(126) == std::vector<unsigned>{0x82, 0x7E, 0x00, 0x7E});
    CHECK(header_bytes(65535) == std::vector<unsigned>{0x82, 0x7E, 0xFF, 0xFF});
    CHECK(header_bytes(65536) == std::vector<unsigned>{0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0});
    CHECK(header_bytes(0x0123'4567'89AB'CDEF) == std::vector<unsigned>{0x82, 0x7F, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF});
}

TEST_CASE("the example of RFC 6455 §5.7: an unmasked text message of `Hello`") {
    const Frame frame = Frame::encode(Opcode::text, "Hello");
    const auto wire = frame.wire();
    CHECK((std::string_view{reinterpret_cast<const char*>(wire.data()), wire.size()} == "\x81\x05Hello"));
}

TEST_CASE("a frame carries the label it was given, and says so when it belongs to no topic") {
    const Frame labelled = Frame::encode(Opcode::text, "x", {.topic = 7, .sequence = 41, .key = 9});
    CHECK(labelled.label().topic == 7);
    CHECK(labelled.label().sequence == 41);
    CHECK(labelled.label().key == 9);

    const Frame plain = Frame::encode(Opcode::text, "x");
    CHECK(plain.label().topic == Label::no_topic);
    CHECK(plain.label().sequence == 0);
}

TEST_CASE("copies of a frame share one set of bytes, and equal bytes encoded twice do not") {
    const Frame frame = Frame::encode(Opcode::text, "shared");
    const Frame copy = frame;
    CHECK(same_bytes(frame, copy));
    CHECK(copy.wire().data() == frame.wire().data());
    CHECK_FALSE(same_bytes(frame, Frame::encode(Opcode::text, "shared")));
}

TEST_CASE("a frame's bytes live as long as its last copy") {
    Frame last;
    {
        Frame first = Frame::encode(Opcode::text, "kept");
        const std::vector<Frame> many(100, first);
        last = many[50];
        first = Frame{};
        CHECK_FALSE(first);
    }
    REQUIRE(last);
    CHECK(last.payload().size() == 4);
}

TEST_CASE("a moved-from frame is empty, and assigning a frame to itself keeps it") {
    Frame frame = Frame::encode(Opcode::text, "moved");
    const auto* bytes = frame.wire().data();
    Frame target = std::move(frame);
    CHECK_FALSE(frame);  // NOLINT(bugprone-use-after-move): that is the promise under test
    CHECK(target.wire().data() == bytes);
    const Frame& same = target;
    target = same;
    CHECK(target.wire().data() == bytes);
}

TEST_CASE("threads may copy and release one frame at the same time") {
    const Frame frame = Frame::encode(Opcode::text, std::string(1000, 'x'));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([mine = frame] {
            for (int n = 0; n < 20'000; ++n) {
                const Frame copy = mine;
                if (copy.payload().size() != 1000) std::terminate();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(frame.payload().size() == 1000);
}

TEST_CASE("close, ping and pong are control frames; text, binary and continuation are not") {
    CHECK(is_control(Opcode::close));
    CHECK(is_control(Opcode::ping));
    CHECK(is_control(Opcode::pong));
    CHECK_FALSE(is_control(Opcode::text));
    CHECK_FALSE(is_control(Opcode::binary));
    CHECK_FALSE(is_control(Opcode::continuation));
}

TEST_CASE("a bundle holds the bytes of its messages in one piece, and keeps the messages") {
    const std::vector<Frame> parts{Frame::encode(Opcode::text, std::string_view{"one"}, {1, 1, 5}),
                                   Frame::encode(Opcode::binary, std::string_view{}), Frame::encode(Opcode::text, std::string(200, 'x'))};
    const Frame bundle = Frame::bundle(parts);
    CHECK(bundle.messages() == 3);
    std::size_t at = 0;
    for (const Frame& part : parts) {
        CHECK(std::ranges::equal(bundle.wire().subspan(at, part.wire().size()), part.wire()));
        at += part.wire().size();
    }
    CHECK(at == bundle.wire().size());
    REQUIRE(bundle.parts().size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(same_bytes(bundle.parts()[i], parts[i]));
    CHECK(bundle.parts()[0].label().key == 5);
}

TEST_CASE("a bundle of one message is that message, and a message has no parts") {
    const Frame message = Frame::encode(Opcode::text, std::string_view{"one"});
    CHECK(same_bytes(Frame::bundle({&message, 1}), message));
    CHECK(message.messages() == 1);
    CHECK(message.parts().empty());
}

TEST_CASE("a compressed frame has RSV1 set, and says which window reads it (RFC 7692 §6)") {
    const Frame plain = Frame::encode(Opcode::text, "Hello");
    CHECK(plain.window_bits() == 0);

    const Frame compressed = Frame::encode(Opcode::text, "shorter", {.topic = 7}, 9);
    CHECK(decode(compressed.wire()).final);
    CHECK(decode(compressed.wire()).reserved == 4);
    CHECK(decode(compressed.wire()).opcode == Opcode::text);
    CHECK(compressed.opcode() == Opcode::text);
    CHECK(compressed.label().topic == 7);
    CHECK(compressed.window_bits() == 9);
}

TEST_CASE("a bundle needs the widest window that one of its messages needs") {
    const Frame plain = Frame::encode(Opcode::text, "plain");
    const Frame narrow = Frame::encode(Opcode::text, "narrow", {}, 8);
    const Frame wide = Frame::encode(Opcode::text, "wide", {}, 12);
    CHECK(Frame::bundle(std::vector{plain, wide, narrow}).window_bits() == 12);
    CHECK(Frame::bundle(std::vector{plain, plain}).window_bits() == 0);
}

TEST_CASE("what is kept as a frame's compressed form is there for every copy, as long as one of them lives") {
    Frame frame = Frame::encode(Opcode::text, "message");
    const Frame copy = frame;
    CHECK_FALSE(copy.deflated());
    {
        const Frame compressed = Frame::encode(Opcode::text, "m", {}, 8);
        CHECK(same_bytes(frame.keep_deflated(compressed), compressed));
        CHECK(same_bytes(copy.deflated(), compressed));
    }
    frame = Frame{};
    CHECK(copy.deflated().payload().size() == 1);

    const Frame outlives = copy.deflated();
    CHECK(outlives.window_bits() == 8);
}

TEST_CASE("a frame may be kept as its own compressed form, and is freed all the same") {
    const Frame frame = Frame::encode(Opcode::text, "x");  // AddressSanitizer's leak check is the other half of this test
    CHECK(same_bytes(frame.keep_deflated(frame), frame));
    CHECK(same_bytes(frame.deflated(), frame));
}

TEST_CASE("the first compressed form decides, whoever comes later, and on whatever thread") {
    for (int round = 0; round < 200; ++round) {
        const Frame frame = Frame::encode(Opcode::text, "message");
        std::vector<Frame> seen(3);
        std::vector<std::thread> threads;
        for (Frame& mine : seen)
            threads.emplace_back([&mine, frame] { mine = frame.keep_deflated(Frame::encode(Opcode::text, "m", {}, 8)); });
        for (std::thread& thread : threads) thread.join();
        for (const Frame& one : seen) REQUIRE(same_bytes(one, frame.deflated()));
    }
}

TEST_CASE("the header of a frame can be read back, whatever the form of its length") {
    for (const std::size_t size : {0U, 1U, 125U, 126U, 65'535U, 65'536U, 100'000U}) {
        const Frame frame = Frame::encode(Opcode::binary, std::string(size, 'x'));
        const auto [header, payload] = Frame::read_header(frame.wire());
        CHECK(header == frame.wire().size() - size);
        CHECK(payload == size);
    }
}

TEST_CASE("a run of frames is one object without parts, whose messages are made anew when somebody asks for them") {
    const std::vector<Frame> frames{Frame::encode(Opcode::text, "one"), Frame::encode(Opcode::binary, std::string(300, 'b')),
                                    Frame::encode(Opcode::text, "")};
    const Frame run = run_of(frames);
    CHECK(run.messages() == 3);
    CHECK(run.parts().empty());
    CHECK(run.wire().size() == 5 + 304 + 2);
    std::size_t seen = 0;
    run.for_each_message([&](const Frame& message) {
        CHECK(std::ranges::equal(message.wire(), frames.at(seen).wire()));
        CHECK(message.opcode() == frames.at(seen).opcode());
        ++seen;
    });
    CHECK(seen == 3);
}

TEST_CASE("a draft is written again when nobody has what it became") {
    const Frame first = Frame::encode(Opcode::text, "first"), second = Frame::encode(Opcode::binary, std::string(200, 's'));
    Frame::Draft draft;
    CHECK_FALSE(draft.is_free());
    draft = Frame::Draft{300};
    REQUIRE(draft.is_free());
    std::ranges::copy(first.wire(), draft.bytes());
    {
        const Frame lent = draft.frame(first.wire().size(), 1);
        CHECK_FALSE(draft.is_free());
        CHECK(lent.opcode() == Opcode::text);
        CHECK(std::ranges::equal(lent.payload(), first.payload()));
        CHECK(lent.label().topic == Label::no_topic);
    }
    REQUIRE(draft.is_free());
    std::ranges::copy(second.wire(), draft.bytes());
    const Frame lent = draft.frame(second.wire().size(), 1);
    CHECK(lent.opcode() == Opcode::binary);
    CHECK(std::ranges::equal(lent.payload(), second.payload()));
}

TEST_CASE("what a draft became can be kept in memory of its own") {
    const Frame message = Frame::encode(Opcode::text, "kept");
    CHECK(same_bytes(message.compact(), message));
    Frame::Draft draft{100};
    std::ranges::copy(message.wire(), draft.bytes());
    const Frame kept = draft.frame(message.wire().size(), 1).compact();
    REQUIRE(draft.is_free());
    std::ranges::fill_n(draft.bytes(), 100, std::byte{0xFF});
    CHECK(std::ranges::equal(kept.wire(), message.wire()));
    CHECK(std::ranges::equal(kept.payload(), message.payload()));
    CHECK(kept.opcode() == Opcode::text);
    CHECK(same_bytes(kept.compact(), kept));
}

TEST_CASE("a draft forgets how its last message was compressed") {
    const Frame message = Frame::encode(Opcode::text, "message");
    Frame::Draft draft{100};
    std::ranges::copy(message.wire(), draft.bytes());
    for (int i = 0; i < 2; ++i) {
        const Frame lent = draft.frame(message.wire().size(), 1);
        CHECK_FALSE(lent.deflated());
        const Frame deflated = i == 0 ? Frame::encode(Opcode::text, "shorter", {}, 15) : lent;
        CHECK(same_bytes(lent.keep_deflated(deflated), deflated));
    }
    CHECK_FALSE(draft.frame(message.wire().size(), 1).deflated());
}
