// permessage-deflate on the wire: what is negotiated, how messages travel, and what ends a connection.

#include "compression/connection.hpp"
#include "rig.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using compression::Zlib;
using compression_test::events;
using compression_test::noise;

namespace {

constexpr unsigned rsv1 = 4;

/// A client that offers compression, and compresses and inflates apart from the server.
class Deflating {
public:
    explicit Deflating(std::uint16_t port, const std::string& offer = "permessage-deflate", SocketOptions options = {})
        : client{port, options}, response{client.handshake({.headers = {"Sec-WebSocket-Extensions: " + offer}})} {
        REQUIRE(response.status == 101);
    }

    std::string agreed() const { return response.header("Sec-WebSocket-Extensions"); }
    WireFrame compressed(std::string_view message, unsigned opcode = 0x1) {
        if (!keeps_context) deflater.deflater.reset();
        return {.opcode = opcode, .payload = deflater.deflate(message), .rsv = rsv1};
    }
    void send(std::string_view message) { client.send(compressed(message)); }
    /// The next message, as it was before it was compressed.
    std::string read() {
        const auto frame = client.read_frame();
        if (!frame) return "no frame in time";
        wire_size = frame->payload.size();
        was_compressed = frame->rsv == rsv1;
        if (!was_compressed) return frame->payload;
        std::string message;
        if (!keeps_context) inflater.reset();
        CHECK(inflater.inflate(frame->payload, message, 1 << 24) == Inflated::ok);
        return message;
    }

    WsClient client;
    WsClient::Response response;
    compression_test::Client deflater{};
    compression::detail::Inflater inflater{15};
    bool keeps_context = false;
    std::size_t wire_size = 0;
    bool was_compressed = false;
};

}  // namespace

TEST_CASE("a client that offers compression has large messages compressed in both directions, and small ones sent as they are") {
    Rig rig{{}, echo};
    Deflating client{rig.port()};
    CHECK(client.agreed() == "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    const std::string large = events(20'000);
    client.send(large);
    CHECK(client.read() == large);
    CHECK(client.was_compressed);
    CHECK(client.wire_size < large.size() / 3);
    client.send("small");
    CHECK(client.read() == "small");
    CHECK_FALSE(client.was_compressed);
    client.client.send_text("not compressed, and longer than it takes for a message to be worth it, which is 64 bytes");
    CHECK(client.read().starts_with("not compressed"));
}

TEST_CASE("a client that does not offer compression gets none, and may not use it") {
    Rig rig{{}, echo};
    auto client = rig.open();
    client.send_text(events(1000));
    const auto frame = client.read_frame();
    REQUIRE(frame);
    CHECK(frame->rsv == 0);
    CHECK(frame->payload == events(1000));
    client.send({.payload = "x", .rsv = rsv1});
    const auto close = client.read_until(0x8);
    REQUIRE(close);
    CHECK(close->close_code() == 1002);
    CHECK(rig.recorder.how().cause == Cause::protocol_error);
}

TEST_CASE("an offer that cannot be accepted opens the connection without compression") {
    Rig rig{{}, echo};
    Deflating client{rig.port(), "permessage-deflate; server_max_window_bits=99, permessage-bzip2"};
    CHECK(client.agreed().empty());
    client.client.send_text(events(1000));
    CHECK(client.read() == events(1000));
    CHECK_FALSE(client.was_compressed);
}

TEST_CASE("a compressed message may come in fragments, with a ping between them and cut anywhere") {
    Rig rig{{}, echo};
    Deflating client{rig.port()};
    const std::string message = events(5000);
    const std::string payload = client.deflater.deflate(message);
    const std::size_t half = payload.size() / 2;
    const std::string bytes = WireFrame{.payload = payload.substr(0, half), .fin = false, .rsv = rsv1}.encode() +
                              WireFrame{.opcode = 0x9, .payload = "between"}.encode() +
                              WireFrame{.opcode = 0x0, .payload = payload.substr(half)}.encode();
    for (const char byte : bytes) client.client.send_raw({&byte, 1});
    CHECK(client.read() == message);
    CHECK(rig.recorder.wait_for("0 ping between"));
}

TEST_CASE("with context takeover messages refer to earlier ones, each way as agreed, whatever else was sent between them") {
    Rig rig{{}, echo, Zlib{{.server_context_takeover = true, .client_context_takeover = true}}};
    Deflating client{rig.port(), "permessage-deflate; client_max_window_bits"};
    client.keeps_context = true;
    CHECK(client.agreed().find("no_context_takeover") == std::string::npos);
    const std::string message = noise(2000, 1);  // compresses only where it is known already
    std::size_t first = 0;
    for (int i = 0; i < 5; ++i) {
        CAPTURE(i);
        client.client.send(client.compressed(message, 0x2));
        CHECK(client.read() == message);
        if (i == 0) first = client.wire_size;
        if (i > 0) CHECK(client.wire_size < first / 10);
        client.client.send_text("small, and not compressed");
        CHECK(client.read() == "small, and not compressed");
    }
}

TEST_CASE("what cannot be inflated ends the connection with 1007, and says so") {
    Rig rig{{}, echo};
    Deflating client{rig.port()};
    client.client.send({.payload = "\x07 no block has such a type", .rsv = rsv1});
    const auto close = client.client.read_until(0x8);
    REQUIRE(close);
    CHECK(close->close_code() == 1007);
    CHECK(client.client.finish() == Read::eof);
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::protocol_error);
    CHECK(how.detail == "a compressed message that no compressor wrote");
}

TEST_CASE("a few bytes that stand for many end the connection with 1009 before they become many") {
    Rig rig{{.max_message = 64_KiB}, echo};
    Deflating client{rig.port()};
    const auto bomb = client.compressed(std::string(20'000'000, '0'));
    REQUIRE(bomb.payload.size() < 64_KiB);
    client.client.send(bomb);
    const auto close = client.client.read_until(0x8);
    REQUIRE(close);
    CHECK(close->close_code() == 1009);
    CHECK(rig.recorder.how().cause == Cause::message_too_big);
}

TEST_CASE("the limit is that of the message, not of what is compressed: what cannot be compressed may fill it too") {
    Rig rig{{.max_message = 64_KiB}, echo};
    Deflating client{rig.port()};
    const std::string full = noise(64_KiB, 7);
    const auto frame = client.compressed(full, 0x2);
    REQUIRE(frame.payload.size() > full.size());
    client.client.send(frame);
    CHECK(client.read() == full);
    client.client.send(client.compressed(full + "!", 0x2));
    const auto close = client.client.read_until(0x8);
    REQUIRE(close);
    CHECK(close->close_code() == 1009);
}

TEST_CASE("a text has to be UTF-8 once it is inflated, not before") {
    Rig rig{{}, echo};
    Deflating client{rig.port()};
    const std::string euros = [] {
        std::string text;
        for (int i = 0; i < 100; ++i) text += "\xE2\x82\xAC";
        return text;
    }();
    client.send(euros);
    CHECK(client.read() == euros);
    client.send("not UTF-8: \xFF");
    const auto close = client.client.read_until(0x8);
    REQUIRE(close);
    CHECK(close->close_code() == 1007);
    CHECK(rig.recorder.how().cause == Cause::invalid_utf8);
}

TEST_CASE("a message to many is compressed once, and all send the same bytes") {
    const Frame frame = Frame::encode(Opcode::text, events(4000));
    Rig rig{{}, [&](Recorder& recorder) {
                recorder.message = [&](Connection& connection, Message) { recorder.write(connection, {&frame, 1}); };
            }};
    Deflating one{rig.port()}, other{rig.port()};
    CHECK_FALSE(frame.deflated());
    one.client.send_text("now");
    CHECK(one.read() == events(4000));
    const Frame kept = frame.deflated();
    REQUIRE(kept);
    other.client.send_text("now");
    CHECK(other.read() == events(4000));
    CHECK(same_bytes(kept, frame.deflated()));
    CHECK(kept.payload().size() == other.wire_size);
}

TEST_CASE("a write that the kernel takes in pieces counts as what the hub gave, compressed or not") {
    const std::string half = noise(2'000'000, 3), quarter(1'000'000, 'q');
    const std::vector<Frame> frames{Frame::encode(Opcode::binary, half), Frame::encode(Opcode::binary, quarter),
                                    Frame::encode(Opcode::binary, half + quarter)};
    std::size_t size = 0;
    for (const Frame& frame : frames) size += frame.wire().size();
    Rig rig{{.send_buffer = 8192},
            [&](Recorder& recorder) { recorder.message = [&](Connection& connection, Message) { recorder.write(connection, frames); }; }};
    Deflating client{rig.port()};
    client.client.send_text("now");
    REQUIRE(rig.recorder.wait_for("0 text now"));
    rig.in_loop([] {});
    CHECK(rig.recorder.written() > 0);
    CHECK(rig.recorder.written() < size);
    CHECK(client.read() == half);
    CHECK(client.read() == quarter);
    CHECK(client.wire_size < 10'000);
    CHECK(client.read() == half + quarter);
    rig.in_loop([] {});
    CHECK(rig.recorder.completed() == 1);
    CHECK(rig.recorder.written() == size);
}
