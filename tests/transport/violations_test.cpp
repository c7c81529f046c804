// What a client does wrong, the code it is told, and the words that the hub is given for it.

#include "rig.hpp"

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

struct Violation {
    std::string what;
    std::string bytes;
    unsigned code;
    Cause cause;
    std::string detail;
};

std::string frames(std::initializer_list<WireFrame> list) {
    std::string bytes;
    for (const auto& frame : list) bytes += frame.encode();
    return bytes;
}

// The header of a masked continuation frame that claims 2^64 - 5 bytes.
const std::string wraps_round{"\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFB\x00\x00\x00\x00", 14};

std::vector<Violation> violations() {
    const std::string rsv = "reserved bits set without a negotiated extension";
    const std::string continuation = "a continuation frame without a message, or a new message inside one";
    const std::string opcode = "a frame with a reserved opcode";
    const std::string close_code = "a Close frame with a code that may not be sent";
    const std::string utf8 = "a text message that is not UTF-8";
    const std::string shortest = "a payload length not in its shortest form";
    return {
        {"RSV1", frames({{.payload = "x", .rsv = 4}}), 1002, Cause::protocol_error, rsv},
        {"RSV2", frames({{.payload = "x", .rsv = 2}}), 1002, Cause::protocol_error, rsv},
        {"RSV3", frames({{.payload = "x", .rsv = 1}}), 1002, Cause::protocol_error, rsv},
        {"RSV1 on a ping", frames({{.opcode = 0x9, .rsv = 4}}), 1002, Cause::protocol_error, rsv},
        {"no mask", frames({{.payload = "x", .masked = false}}), 1002, Cause::protocol_error, "an unmasked frame"},
        {"opcode 3", frames({{.opcode = 0x3}}), 1002, Cause::protocol_error, opcode},
        {"opcode 11", frames({{.opcode = 0xB}}), 1002, Cause::protocol_error, opcode},
        {"fragmented ping", frames({{.opcode = 0x9, .fin = false}}), 1002, Cause::protocol_error, "a fragmented control frame"},
        {"long ping", frames({{.opcode = 0x9, .payload = std::string(126, 'p')}}), 1002, Cause::protocol_error,
         "a control frame with more than 125 bytes"},
        {"stray continuation", frames({{.opcode = 0x0, .payload = "x"}}), 1002, Cause::protocol_error, continuation},
        {"message inside a message", frames({{.payload = "x", .fin = false}, {.payload = "y"}}), 1002, Cause::protocol_error, continuation},
        {"5 in two bytes", frames({{.payload = "hello", .length = WireFrame::Length::two_bytes}}), 1002, Cause::protocol_error, shortest},
        {"5 in eight bytes", frames({{.payload = "hello", .length = WireFrame::Length::eight_bytes}}), 1002, Cause::protocol_error,
         shortest},
        {"not UTF-8", frames({{.payload = "a\xFFz"}}), 1007, Cause::invalid_utf8, utf8},
        {"a surrogate", frames({{.payload = "\xED\xA0\x80"}}), 1007, Cause::invalid_utf8, utf8},
        {"ends inside a character", frames({{.payload = "abc\xE2\x82"}}), 1007, Cause::invalid_utf8, utf8},
        {"fragments that end inside a character", frames({{.payload = "abc\xE2", .fin = false}, {.opcode = 0x0, .payload = "\x82"}}), 1007,
         Cause::invalid_utf8, utf8},
        {"too big", frames({{.payload = std::string(1001, 'x')}}), 1009, Cause::message_too_big, "a message larger than the limit"},
        {"too big in fragments",
         frames({{.payload = std::string(900, 'x'), .fin = false}, {.opcode = 0x0, .payload = std::string(101, 'x')}}), 1009,
         Cause::message_too_big, "a message larger than the limit"},
        {"2^64 - 5 bytes after ten", frames({{.payload = "0123456789", .fin = false}}) + wraps_round + std::string(5000, '\0'), 1009,
         Cause::message_too_big, "a message larger than the limit"},
        {"Close of one byte", frames({{.opcode = 0x8, .payload = "x"}}), 1002, Cause::protocol_error, close_code},
        {"Close with 999", frames({{.opcode = 0x8, .payload = "\x03\xE7"}}), 1002, Cause::protocol_error, close_code},
        {"Close with 1005", frames({{.opcode = 0x8, .payload = "\x03\xED"}}), 1002, Cause::protocol_error, close_code},
        {"Close with 1006", frames({{.opcode = 0x8, .payload = "\x03\xEE"}}), 1002, Cause::protocol_error, close_code},
        {"Close with 5000", frames({{.opcode = 0x8, .payload = "\x13\x88"}}), 1002, Cause::protocol_error, close_code},
        {"Close with a reason that is not UTF-8", frames({{.opcode = 0x8, .payload = "\x03\xE8\xFF"}}), 1002, Cause::protocol_error,
         "a Close frame whose reason is not UTF-8"},
    };
}

}  // namespace

TEST_CASE("a breach of the protocol is answered with its code, and reported with its cause and in plain words") {
    Rig rig{{.max_message = 1000}};
    std::uint32_t index = 0;
    for (const auto& violation : violations()) {
        CAPTURE(violation.what);
        auto client = rig.open();
        client.send_text("fine");
        client.send_raw(violation.bytes);
        const auto close = client.read_frame();
        REQUIRE(close);
        CHECK(close->opcode == 0x8);
        CHECK(close->close_code() == violation.code);
        CHECK(client.read_to_end() == Read::eof);
        client.close();
        const auto how = rig.recorder.how(index);
        CHECK(to_string(how.cause) == to_string(violation.cause));
        CHECK(how.detail == violation.detail);
        CHECK(how.peer_code == CloseCode::abnormal);
        CHECK(rig.recorder.count(std::to_string(index) + " text fine") == 1);
        ++index;
    }
}

TEST_CASE("what follows a breach is not heard, and the Close frame survives a peer that goes on sending") {
    Rig rig{{.max_message = 1000}};
    auto client = rig.open();
    client.send_raw(frames({{.opcode = 0x3}, {.payload = "never heard"}}));
    for (int i = 0; i < 200; ++i) client.send_text(std::string(1000, 'm'));
    const auto close = client.read_frame();
    REQUIRE(close);
    CHECK(close->close_code() == 1002);
    client.close();
    CHECK(rig.recorder.how().cause == Cause::protocol_error);
    CHECK(rig.recorder.count("0 text never heard") == 0);
}

TEST_CASE("a peer that breaks the protocol and then neither reads nor closes is gone after a second") {
    Rig rig;
    auto client = rig.open({.receive_buffer = 4096});
    rig.command(0, [](Connection& connection) {
        // More than the peer's kernel takes: the Close frame is stuck behind it.
        const Frame frame = Frame::encode(Opcode::binary, std::string(16'000'000, 'x'));
        connection.write({&frame, 1});
    });
    const auto begin = WaitClock::now();
    client.send({.opcode = 0x3});
    CHECK(rig.recorder.how().cause == Cause::protocol_error);
    CHECK(WaitClock::now() - begin > 900ms);
    CHECK(WaitClock::now() - begin < 5s);
}
