// What a transport does over TLS as without, and how a TLS connection ends.

#include "dribble.hpp"
#include "transport/rig.hpp"

#include <algorithm>
#include <cstddef>
#include <future>
#include <string>
#include <vector>

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

std::string wire(const Frame& frame) { return {reinterpret_cast<const char*>(frame.wire().data()), frame.wire().size()}; }

/// Exactly so many bytes, or fewer at the end of the stream.
std::string read(TlsSocket& socket, std::size_t size) {
    std::string bytes;
    while (bytes.size() < size && socket.read(bytes) == Read::data) {
    }
    return bytes;
}

}  // namespace

TEST_CASE("messages are echoed over TLS") {
    Rig rig{{.max_message = 1_MiB}, echo};
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        WsClient client{TlsSocket::connect(rig.port(), {}, {.min_version = version, .max_version = version})};
        REQUIRE(client.handshake().status == 101);
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{2048}, std::size_t{16'384}, std::size_t{16'385},
                                       std::size_t{65'536}, std::size_t{1_MiB}}) {
            CAPTURE(version, size);
            const std::string payload(size, 'x');
            client.send({.opcode = 0x2, .payload = payload});
            const auto frame = client.read_frame();
            REQUIRE(frame);
            CHECK((frame->opcode == 2 && frame->payload == payload));
        }
    }
}

TEST_CASE("many messages at once over TLS are all heard, in order, with no news of the socket in between") {
    Rig rig{{}, echo};
    auto client = rig.open();
    std::string all;
    for (int i = 0; i < 5000; ++i) all += WireFrame{.opcode = 0x1, .payload = std::to_string(i)}.encode();
    client.send_raw(all);
    for (int i = 0; i < 5000; ++i) {
        const auto frame = client.read_frame();
        REQUIRE(frame);
        REQUIRE(frame->payload == std::to_string(i));
    }
}

TEST_CASE("a batch goes over TLS in order and is reported as it goes, also to a slow reader") {
    Rig rig{{.send_buffer = 16'384}};
    auto client = rig.open({.receive_buffer = 4096});
    std::vector<Frame> frames;
    std::string expected;
    for (std::size_t i = 0; i < 200; ++i) {
        frames.push_back(Frame::encode(Opcode::binary, std::string(i * 100, static_cast<char>('a' + i % 26))));
        expected += wire(frames.back());
    }
    rig.command(0, [&](Connection& connection) {
        rig.recorder.write(connection, frames);
        connection.close(CloseCode::come_back, "done");
    });
    CHECK((read(client.socket(), expected.size() + 8) == expected + "\x88\x06\x0F\xA0" + "done"));
    client.send_close(4000);
    CHECK(client.read_to_end() == Read::eof);
    CHECK(client.socket().has_close_notify());
    client.close();
    CHECK(rig.recorder.how().cause == Cause::client_close);
    CHECK(rig.recorder.written() == expected.size());
    CHECK(rig.recorder.completed() == 1);
    CHECK(rig.recorder.reports() > 0);
}

TEST_CASE("both sides send a mebibyte at the same time over TLS, each reading late") {
    Rig rig{{.max_message = 1_MiB, .send_buffer = 16'384}};
    auto client = rig.open({.receive_buffer = 4096});
    const std::string payload(1_MiB, 'z');
    rig.command(0, [&](Connection& connection) {
        const Frame frame = Frame::encode(Opcode::binary, payload);
        rig.recorder.write(connection, {&frame, 1});
    });
    client.send({.opcode = 0x2, .payload = payload});
    CHECK(rig.recorder.wait_for("0 binary 1048576 bytes"));
    const auto frame = client.read_frame();
    REQUIRE(frame);
    CHECK((frame->payload == payload));
}

TEST_CASE("TLS records that travel a byte at a time, in both directions, are whole in the end") {
    Rig rig{{}, echo};
    const Dribble dribble{rig.port()};
    auto client = WsClient::open(dribble.port());
    client.send_text("drop by drop");
    const auto frame = client.read_frame();
    REQUIRE(frame);
    CHECK(frame->payload == "drop by drop");
}

TEST_CASE("a change of keys in the middle of the stream goes unnoticed") {
    Rig rig{{}, echo};
    auto client = rig.open();
    for (const int peers_too : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
        REQUIRE(SSL_key_update(client.socket().tls(), peers_too) == 1);
        client.send_text("new keys");
        const auto frame = client.read_frame();
        REQUIRE(frame);
        CHECK(frame->payload == "new keys");
    }
}

TEST_CASE("a client that sends nothing but key updates costs the others no more than its turn") {
    Rig rig{{}, echo};
    auto busy = rig.open(), other = rig.open();
    // What would be sent is gathered: many thousand changes of keys, and a message behind them.
    SSL* const tls = busy.socket().tls();
    BIO* const gathered = BIO_new(BIO_s_mem());
    SSL_set0_wbio(tls, gathered);
    for (int i = 0; i < 5000; ++i) {
        REQUIRE(SSL_key_update(tls, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        REQUIRE(SSL_do_handshake(tls) == 1);
    }
    const std::string last = WireFrame{.opcode = 0x1, .payload = "changed"}.encode();
    REQUIRE(SSL_write(tls, last.data(), static_cast<int>(last.size())) == static_cast<int>(last.size()));
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(gathered, &bytes);
    const std::string changes{bytes, static_cast<std::size_t>(size)};
    // The loop waits until all of it, and then a word from another client, has come.
    std::promise<void> come;
    rig.transport.post([&] { come.get_future().wait(); });
    CHECK(static_cast<RawSocket&>(busy.socket()).send(changes) == changes.size());
    other.send_text("hello");
    come.set_value();
    REQUIRE(rig.recorder.wait_for("0 text changed"));
    const auto lines = rig.recorder.lines();
    CHECK(std::ranges::find(lines, "1 text hello") < std::ranges::find(lines, "0 text changed"));
}

TEST_CASE("a client's Close over TLS is answered and followed by close_notify") {
    Rig rig;
    auto client = rig.open();
    client.send_close();
    REQUIRE(client.read_until(0x8));
    CHECK(client.read_to_end() == Read::eof);
    CHECK(client.socket().has_close_notify());
    client.close();
    CHECK(rig.recorder.how().cause == Cause::client_close);
}

TEST_CASE("a breach of the protocol over TLS gets its Close, though the peer goes on sending") {
    Rig rig;
    auto client = rig.open();
    client.send({.opcode = 0x3});
    for (int i = 0; i < 50; ++i) client.send_text(std::string(1000, 'm'));
    const auto frame = client.read_frame();
    REQUIRE(frame);
    CHECK(frame->payload.substr(0, 2) == "\x03\xEA");
    client.close();
    CHECK(rig.recorder.how().cause == Cause::protocol_error);
}

TEST_CASE("what ends a TLS connection is told apart") {
    Rig rig;
    SECTION("plain HTTP") {
        auto plain = RawSocket::connect(rig.port());
        plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const auto how = rig.recorder.how();
        CHECK(to_string(how.cause) == "tls_error");
        CHECK(how.detail == "plain HTTP on a TLS port");
        CHECK(how.error);
    }
    SECTION("what is no TLS at all") {
        auto plain = RawSocket::connect(rig.port());
        plain.send(std::string(100, '\xFF'));
        const auto how = rig.recorder.how();
        CHECK(to_string(how.cause) == "tls_error");
        CHECK(how.detail == "wrong version number");
    }
    SECTION("the end of the stream before the handshake") {
        { const auto silent = RawSocket::connect(rig.port()); }
        CHECK(to_string(rig.recorder.how().cause) == "eof_without_close");
    }
    SECTION("a client that ends TLS without a Close frame") {
        auto client = rig.open();
        client.socket().close_notify();
        CHECK(to_string(rig.recorder.how().cause) == "eof_without_close");
    }
    SECTION("a client that is cut off") {
        auto client = rig.open();
        client.close();
        CHECK(to_string(rig.recorder.how().cause) == "eof_without_close");
    }
    SECTION("the last message before a client that is cut off is heard") {
        auto client = rig.open();
        client.send_text("last words");
        client.close();
        CHECK(to_string(rig.recorder.how().cause) == "eof_without_close");
        CHECK(rig.recorder.count("0 text last words") == 1);
    }
    SECTION("a reset") {
        auto client = rig.open();
        client.reset();
        CHECK(to_string(rig.recorder.how().cause) == "reset_by_peer");
    }
    SECTION("garbage after the handshake, which is answered by an alert") {
        auto client = rig.open();
        static_cast<RawSocket&>(client.socket()).send("this is no TLS record");
        const auto how = rig.recorder.how();
        CHECK(to_string(how.cause) == "tls_error");
        CHECK_FALSE(how.detail.empty());
    }
    SECTION("abort in the middle of the handshake, and in the middle of a write") {
        const auto silent = RawSocket::connect(rig.port());
        REQUIRE(rig.recorder.wait_for("0 accepted 127.0.0.1"));
        rig.command(0, [](Connection& connection) { connection.abort(); });
        rig.recorder.how(0);
        auto client = WsClient::open(rig.port());
        REQUIRE(rig.recorder.wait_for("1 opened"));
        rig.command(1, [](Connection& connection) {
            const Frame frame = Frame::encode(Opcode::binary, std::string(20'000'000, 'x'));
            connection.write({&frame, 1});
            connection.abort();
        });
        rig.recorder.how(1);
        CHECK(rig.recorder.completed(1) == 0);
    }
}

TEST_CASE("a client that goes while it is written to raises no signal") {
    Rig rig;
    auto client = rig.open();
    client.reset();
    rig.command(0, [](Connection& connection) {
        const Frame frame = Frame::encode(Opcode::text, "is anybody there?");
        for (int i = 0; i < 3; ++i) connection.write({&frame, 1});
    });
    // Reading and writing race for the reset, and only one of them gets it.
    const Cause cause = rig.recorder.how().cause;
    CAPTURE(to_string(cause));
    CHECK((cause == Cause::reset_by_peer || cause == Cause::eof_without_close || cause == Cause::write_error));
}

TEST_CASE("reading over TLS can be paused and resumed") {
    Rig rig{{}, [](Recorder& hub) {
                hub.message = [](Connection& connection, Message message) {
                    if (message.text() == "pause") connection.pause_reading();
                };
            }};
    auto client = rig.open();
    client.send_text("pause");
    REQUIRE(rig.recorder.wait_for("0 text pause"));
    client.send_text("later");
    CHECK(!rig.recorder.wait_for("0 text later", 50ms));
    rig.command(0, [](Connection& connection) { connection.resume_reading(); });
    CHECK(rig.recorder.wait_for("0 text later"));
}
