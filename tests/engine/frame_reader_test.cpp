#include <kingbolt/engine/frame_reader.hpp>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frame_ear.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using engine::FrameReader;
using engine::FrameRules;
using engine::Violation;
using Lines = std::vector<std::string>;

namespace {

std::string frames(const std::vector<WireFrame>& list) {
    std::string bytes;
    for (const auto& frame : list) bytes += frame.encode();
    return bytes;
}

const FrameRules thousand{.max_message = 1000};

/// The same for bytes that come at once, one by one, and in sevens.
Lines heard(const std::string& bytes, const FrameRules& rules = thousand) {
    const Hearing whole = hear(bytes, bytes.size(), rules);
    CHECK(whole.violation == nullptr);
    CHECK(hear(bytes, 1, rules).heard == whole.heard);
    CHECK(hear(bytes, 7, rules).heard == whole.heard);
    return whole.heard;
}

Violation violation_of(const std::string& bytes, const FrameRules& rules = thousand) {
    const Hearing whole = hear(frames({{.payload = "fine"}}) + bytes, SIZE_MAX, rules);
    CHECK(whole.heard == Lines{"text fine"});
    for (const std::size_t step : {1U, 7U}) CHECK(hear(bytes, step, rules).violation == whole.violation);
    return whole.violation != nullptr ? *whole.violation : Violation{};
}

}  // namespace

TEST_CASE("messages and control frames are told in their order, however the bytes come") {
    CHECK(heard(frames({{.payload = "one"}, {.opcode = 0x2, .payload = "two"}, {.opcode = 0x9, .payload = "p"}, {.opcode = 0xA}})) ==
          Lines{"text one", "binary two", "ping p", "pong "});
    CHECK(heard(frames({{.payload = ""}, {.payload = ""}})) == Lines{"text ", "text "});
    for (const std::size_t size : {125U, 126U, 65'535U, 65'536U}) {
        const std::string payload(size, 'x');
        CHECK((heard(frames({{.opcode = 0x2, .payload = payload}}), {}) == Lines{"binary " + payload}));
    }
}

TEST_CASE("fragments make one message, and control frames may come between them") {
    CHECK(heard(frames({{.payload = "he", .fin = false},
                        {.opcode = 0x9, .payload = "between"},
                        {.opcode = 0x0, .payload = "", .fin = false},
                        {.opcode = 0xA, .payload = "too"},
                        {.opcode = 0x0, .payload = "llo"}})) == Lines{"ping between", "pong too", "text hello"});
    CHECK(heard(frames({{.payload = "", .fin = false}, {.opcode = 0x9, .payload = "p"}, {.opcode = 0x0, .payload = ""}})) ==
          Lines{"ping p", "text "});
    CHECK(heard(frames({{.payload = "a\xE2", .fin = false},
                        {.opcode = 0x0, .payload = "\x82", .fin = false},
                        {.opcode = 0x0, .payload = "\xAC"}})) == Lines{"text a\xE2\x82\xAC"});
}

TEST_CASE("a message may have 65,536 empty fragments, and as many of one byte as it has bytes") {
    std::vector<WireFrame> fragments(65'537, {.opcode = 0x0, .payload = "", .fin = false});
    fragments.front().opcode = 0x1;
    const auto& violation = violation_of(frames(fragments));
    CHECK(violation.code == CloseCode::policy_violation);
    CHECK(violation.words == std::string_view{"a message with more than 65,536 empty fragments"});
    fragments.pop_back();
    fragments.push_back({.opcode = 0x0, .payload = "end"});
    CHECK(heard(frames(fragments)) == Lines{"text end"});
    // Each message has its own.
    const std::string twice = frames(fragments) + frames(fragments);
    CHECK(heard(twice) == Lines{"text end", "text end"});

    std::vector<WireFrame> bytes(100'000, {.opcode = 0x0, .payload = "x", .fin = false});
    bytes.front().opcode = 0x2;
    bytes.push_back({.opcode = 0x0, .payload = "y"});
    CHECK(heard(frames(bytes), {.max_message = 200'000}) == Lines{"binary " + std::string(100'000, 'x') + "y"});
}

TEST_CASE("a frame that is whole in the input is told where it lies") {
    std::string bytes = frames({{.payload = "hello"}});
    FrameReader reader;
    struct Sink : Ear {
        const char* where = nullptr;
        bool on_message(Opcode, std::string_view payload, bool) {
            where = payload.data();
            return true;
        }
    } sink;
    reader.read(bytes, {}, sink);
    CHECK(sink.where == bytes.data() + 6);
}

TEST_CASE("a sink that says stop gets the rest when the caller reads on") {
    std::string bytes = frames({{.payload = "one"}, {.opcode = 0x9, .payload = "p"}, {.payload = "two"}});
    FrameReader reader;
    Ear ear{.stop_after = 1};
    std::span<char> rest{bytes};
    const auto first = reader.read(rest, {}, ear);
    CHECK(first.consumed == 9);
    CHECK(ear.heard == Lines{"text one"});
    ear.stop_after = 2;
    const auto second = reader.read(rest.subspan(9), {}, ear);
    CHECK(second.consumed == 7);
    ear.stop_after = SIZE_MAX;
    CHECK(reader.read(rest.subspan(16), {}, ear).consumed == 9);
    CHECK(ear.heard == Lines{"text one", "ping p", "text two"});
}

TEST_CASE("a sink may destroy the reader in any event, if it says stop") {
    struct Sink {
        std::unique_ptr<FrameReader> reader = std::make_unique<FrameReader>();
        std::string told{};
        bool end(std::string_view payload) {
            reader.reset();
            told = payload;
            return false;
        }
        bool on_message(Opcode, std::string_view payload, bool) { return end(payload); }
        bool on_ping(std::string_view payload) { return end(payload); }
        bool on_pong(std::string_view payload) { return end(payload); }
        bool on_close(CloseCode, std::string_view reason) { return end(reason); }
    };
    const auto last = GENERATE(as<WireFrame>{}, WireFrame{.opcode = 0x0, .payload = "told"}, WireFrame{.opcode = 0x9, .payload = "told"},
                               WireFrame{.opcode = 0xA, .payload = "told"}, WireFrame{.opcode = 0x8, .payload = "\x03\xE8told"});
    std::string bytes = frames({{.opcode = 0x2, .payload = "", .fin = false}, last});
    const std::size_t cut = GENERATE(0U, 2U);
    Sink sink;
    std::span<char> rest{bytes};
    auto result = sink.reader->read(rest.first(bytes.size() - cut), {}, sink);
    if (cut > 0) result = sink.reader->read(rest.subspan(result.consumed), {}, sink);
    CHECK(sink.told == "told");
    CHECK(result.violation == nullptr);
}

TEST_CASE("a Close frame gives its code and reason, and nothing is read after it") {
    CHECK(heard(frames({{.opcode = 0x8}, {.payload = "never heard"}})) == Lines{"close 1005 "});
    CHECK(heard(frames({{.opcode = 0x8, .payload = "\x03\xE8"}})) == Lines{"close 1000 "});
    CHECK(heard(frames(
              {{.payload = "lost", .fin = false}, {.opcode = 0x8, .payload = "\x0F\xA0 come back \xE2\x82\xAC"}, {.opcode = 0x3}})) ==
          Lines{"close 4000  come back \xE2\x82\xAC"});
    std::string close = frames({{.opcode = 0x8}});
    std::string more = "anything";
    FrameReader reader;
    Ear ear;
    CHECK_FALSE(reader.over());
    reader.read(close, {}, ear);
    CHECK(reader.over());
    CHECK(reader.read(more, {}, ear).consumed == more.size());
}

TEST_CASE("every breach of the protocol has its cause, its code and its words") {
    const auto protocol = [](const Violation& violation, std::string_view words) {
        CHECK(violation.cause == Cause::protocol_error);
        CHECK(violation.code == CloseCode::protocol_error);
        CHECK(violation.words == words);
    };
    const std::string_view rsv = "reserved bits set without a negotiated extension";
    for (const unsigned bits : {1U, 2U, 3U, 4U, 5U, 6U, 7U}) protocol(violation_of(frames({{.payload = "x", .rsv = bits}})), rsv);
    protocol(violation_of(frames({{.opcode = 0x9, .rsv = 4}})), rsv);
    protocol(violation_of(frames({{.payload = "x", .masked = false}})), "an unmasked frame");
    for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U})
        protocol(violation_of(frames({{.opcode = opcode}})), "a frame with a reserved opcode");
    protocol(violation_of(frames({{.opcode = 0x9, .fin = false}})), "a fragmented control frame");
    protocol(violation_of(frames({{.opcode = 0x9, .payload = std::string(126, 'p')}})), "a control frame with more than 125 bytes");
    const std::string_view continuation = "a continuation frame without a message, or a new message inside one";
    protocol(violation_of(frames({{.opcode = 0x0, .payload = "x"}})), continuation);
    protocol(violation_of(frames({{.payload = "x", .fin = false}, {.payload = "y"}})), continuation);
    const std::string_view shortest = "a payload length not in its shortest form";
    protocol(violation_of(frames({{.payload = "hello", .length = WireFrame::Length::two_bytes}})), shortest);
    protocol(violation_of(frames({{.payload = "hello", .length = WireFrame::Length::eight_bytes}})), shortest);
    protocol(violation_of(frames({{.opcode = 0x9, .payload = "p", .length = WireFrame::Length::two_bytes}})), shortest);
    const std::string_view code = "a Close frame with a code that may not be sent";
    for (const auto* payload : {"x", "\x03\xE7", "\x03\xED", "\x03\xEE", "\x13\x88"})
        protocol(violation_of(frames({{.opcode = 0x8, .payload = payload}})), code);
    protocol(violation_of(frames({{.opcode = 0x8, .payload = "\x03\xE8\xFF"}})), "a Close frame whose reason is not UTF-8");
    protocol(violation_of(frames({{.opcode = 0x8, .payload = "\x03\xE8\xE2\x82"}})), "a Close frame whose reason is not UTF-8");
}

TEST_CASE("after a violation nothing is read") {
    std::string bytes = frames({{.opcode = 0x3}, {.payload = "never heard"}});
    FrameReader reader;
    Ear ear;
    const auto result = reader.read(bytes, {}, ear);
    CHECK(result.violation != nullptr);
    CHECK(result.consumed == bytes.size());
    CHECK(reader.over());
    std::string more = frames({{.payload = "never heard"}});
    CHECK(reader.read(more, {}, ear).violation == nullptr);
    CHECK(ear.heard.empty());
}

TEST_CASE("a message is too big by its header, before its bytes come") {
    const auto too_big = [](const Violation& violation) {
        CHECK(violation.cause == Cause::message_too_big);
        CHECK(violation.code == CloseCode::message_too_big);
        CHECK(violation.words == std::string_view{"a message larger than the limit"});
    };
    const auto header_only = [](WireFrame frame) {
        const std::size_t payload = frame.payload.size();
        const std::string bytes = frame.encode();
        return bytes.substr(0, bytes.size() - payload);
    };
    CHECK(heard(frames({{.payload = std::string(1000, 'x')}})).size() == 1);
    too_big(violation_of(header_only({.payload = std::string(1001, 'x')})));
    CHECK(heard(frames({{.payload = std::string(999, 'x'), .fin = false}, {.opcode = 0x0, .payload = "x"}, {.payload = "y"}})).size() == 2);
    too_big(violation_of(frames({{.payload = std::string(900, 'x'), .fin = false}}) +
                         header_only({.opcode = 0x0, .payload = std::string(101, 'x')})));
    const std::string wraps_round{"\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFB\x00\x00\x00\x00", 14};
    too_big(violation_of(frames({{.payload = "0123456789", .fin = false}}) + wraps_round));
    const std::string high_bit{"\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 14};
    too_big(violation_of(high_bit, {.max_message = SIZE_MAX}));
    CHECK(heard(frames({{.opcode = 0x9, .payload = std::string(125, 'p')}}), {.max_message = 1}).size() == 1);
    CHECK(heard(frames({{.payload = "short"}}), {.max_message = 5}).size() == 1);
    too_big(violation_of(frames({{.payload = "longer"}}), {.max_message = 5}));
}

TEST_CASE("a text that cannot become UTF-8 fails at once, in the middle of its frame") {
    const auto not_utf8 = [](const Violation& violation) {
        CHECK(violation.cause == Cause::invalid_utf8);
        CHECK(violation.code == CloseCode::invalid_payload);
        CHECK(violation.words == std::string_view{"a text message that is not UTF-8"});
    };
    const std::string much(900, 'x');
    const auto cut_after = [](WireFrame frame, std::size_t payload_bytes) {
        const std::size_t rest = frame.payload.size() - payload_bytes;
        const std::string bytes = frame.encode();
        return bytes.substr(0, bytes.size() - rest);
    };
    not_utf8(violation_of(cut_after({.payload = "a\xFF" + much}, 2)));
    not_utf8(violation_of(cut_after({.payload = "\xED\xA0\x80" + much}, 2)));
    not_utf8(violation_of(frames({{.payload = "abc\xE2", .fin = false}}) + cut_after({.opcode = 0x0, .payload = "x" + much}, 1)));
    not_utf8(violation_of(frames({{.payload = "abc\xE2\x82"}})));
    not_utf8(violation_of(frames({{.payload = "abc\xE2", .fin = false}, {.opcode = 0x0, .payload = "\x82"}})));
    not_utf8(violation_of(frames({{.payload = "abc\xE2", .fin = false}, {.opcode = 0x0, .payload = ""}})));
    CHECK(heard(frames({{.opcode = 0x2, .payload = "\xFF\x80"}, {.payload = "fine"}})) == Lines{"binary \xFF\x80", "text fine"});
}

TEST_CASE("a compressed message may be longer on the wire than the limit, by as much as deflate may add to it, and no more") {
    const FrameRules rules{.max_message = 1000, .compression = true};
    const auto of_size = [](std::size_t size, unsigned rsv) {
        return frames({{.payload = std::string(size / 2, 'x'), .fin = false, .rsv = rsv},
                       {.opcode = 0x0, .payload = std::string(size - size / 2, 'x')}});
    };
    CHECK(rules.most(true) == 1000 + 125 + 16 + 5);
    CHECK(hear(of_size(rules.most(true), 4), SIZE_MAX, rules).violation == nullptr);
    CHECK(hear(of_size(rules.most(true) + 1, 4), SIZE_MAX, rules).violation == &engine::violation::message_too_big);
    CHECK(hear(of_size(1000, 0), SIZE_MAX, rules).violation == nullptr);
    CHECK(hear(of_size(1001, 0), SIZE_MAX, rules).violation == &engine::violation::message_too_big);
}

TEST_CASE("with compression RSV1 marks a message, at its first frame and nowhere else") {
    const FrameRules rules{.max_message = 1000, .compression = true};
    CHECK(heard(frames({{.payload = "\xFF\xFE", .rsv = 4}, {.payload = "plain"}}), rules) ==
          Lines{"text compressed \xFF\xFE", "text plain"});
    CHECK(heard(frames({{.opcode = 0x2, .payload = "a", .fin = false, .rsv = 4}, {.opcode = 0x9}, {.opcode = 0x0, .payload = "b"}}),
                rules) == Lines{"ping ", "binary compressed ab"});
    for (const auto& bytes :
         {frames({{.payload = "x", .rsv = 2}}), frames({{.payload = "x", .rsv = 5}}), frames({{.opcode = 0x9, .rsv = 4}}),
          frames({{.payload = "x", .fin = false, .rsv = 4}, {.opcode = 0x0, .rsv = 4}})})
        CHECK(&engine::violation::reserved_bits == hear(bytes, SIZE_MAX, rules).violation);
}

TEST_CASE("a client's frames must be masked, a server's must not be") {
    const FrameRules of_server{.max_message = 1000, .masked = false};
    CHECK(heard(frames({{.payload = "na", .fin = false, .masked = false},
                        {.opcode = 0x9, .payload = "p", .masked = false},
                        {.opcode = 0x0, .payload = "ked", .masked = false}}),
                of_server) == Lines{"ping p", "text naked"});
    CHECK(hear(frames({{.payload = "x"}}), SIZE_MAX, of_server).violation == &engine::violation::masked);
    CHECK(hear(frames({{.payload = "x", .masked = false}}), SIZE_MAX, thousand).violation == &engine::violation::unmasked);
}
