#include "rig.hpp"

using namespace kingbolt;
using namespace kingbolt::test;

TEST_CASE("text and binary come back as they went") {
    Rig rig{{}, echo};
    auto client = rig.open();
    for (const unsigned opcode : {0x1U, 0x2U}) {
        for (const std::size_t size : {0U, 1U, 125U, 126U, 2041U, 2042U, 2043U, 4096U, 65535U, 65536U}) {
            CAPTURE(opcode, size);
            const std::string payload(size, 'x');
            client.send({.opcode = opcode, .payload = payload});
            const auto frame = client.read_frame();
            REQUIRE(frame);
            CHECK(frame->opcode == opcode);
            CHECK(frame->fin);
            CHECK(!frame->masked);
            CHECK((frame->payload == payload));
        }
    }
}

TEST_CASE("fragments make one message, and control frames may come between them") {
    Rig rig;
    auto client = rig.open();
    client.send({.opcode = 0x1, .payload = "he", .fin = false});
    client.send_ping("between");
    client.send({.opcode = 0x0, .payload = "", .fin = false});
    client.send_pong("too");
    client.send({.opcode = 0x0, .payload = "llo", .fin = true});
    REQUIRE(rig.recorder.wait_for("0 text hello"));
    const auto lines = rig.recorder.lines();
    CHECK(std::vector<std::string>(lines.begin() + 3, lines.end()) ==
          std::vector<std::string>{"0 ping between", "0 pong too", "0 text hello"});
}

TEST_CASE("a character may be split between fragments") {
    Rig rig;
    auto client = rig.open();
    const std::string euro = "\xE2\x82\xAC";
    client.send({.opcode = 0x1, .payload = euro.substr(0, 1), .fin = false});
    client.send({.opcode = 0x0, .payload = euro.substr(1, 1), .fin = false});
    client.send({.opcode = 0x0, .payload = euro.substr(2), .fin = true});
    CHECK(rig.recorder.wait_for("0 text " + euro));
    const std::string four = "\xF0\x9F\x94\xA9";  // the last code points of each length, alone
    for (const auto& text : {std::string{"\x7F"}, std::string{"\xDF\xBF"}, std::string{"\xEF\xBF\xBF"}, four}) {
        client.send_text(text);
        CHECK(rig.recorder.wait_for("0 text " + text));
    }
}

TEST_CASE("pings are left to the hub") {
    Rig rig;
    auto client = rig.open();
    client.send_ping("are you there");
    REQUIRE(rig.recorder.wait_for("0 ping are you there"));
    rig.command(0, [](Connection& connection) {
        const Frame pong = Frame::encode(Opcode::pong, "are you there");
        connection.write({&pong, 1});
    });
    const auto first = client.read_frame();
    REQUIRE(first);
    CHECK(first->opcode == 0xA);
    CHECK(first->payload == "are you there");
}

TEST_CASE("every byte that arrives is counted") {
    Rig rig;
    WsClient client{rig.port()};
    const std::string request = WsClient::upgrade_request({});
    client.send_raw(request);
    REQUIRE(client.read_response().status == 101);
    CHECK(rig.recorder.bytes() == request.size());
    const std::string frame = WireFrame{.payload = std::string(3000, 'x')}.encode();
    client.send_raw(frame);
    client.send_raw("\x89");  // the first byte of a ping, and no more
    CHECK(rig.recorder.wait_for("0 text 3000 bytes"));
    client.close();
    rig.recorder.how();
    CHECK(rig.recorder.bytes() == request.size() + frame.size() + 1);
}

TEST_CASE("when all that a read has brought is told, the answers may be written in one") {
    std::string answers;
    Rig rig{{}, [&answers](Recorder& recorder) {
                recorder.message = [&answers](Connection&, Message message) { answers += message.text(); };
                recorder.read_over = [&answers](Connection& connection) {
                    if (answers.empty()) return;
                    const Frame frame = Frame::encode(Opcode::text, std::exchange(answers, {}));
                    connection.write({&frame, 1});
                };
            }};
    auto client = rig.open();
    for (int i = 0; i < 3; ++i) {
        client.send_raw(WireFrame{.payload = "one, "}.encode() + WireFrame{.payload = "two, "}.encode() + "\x81");
        const auto frame = client.read_frame();
        REQUIRE(frame);
        CHECK(frame->payload == "one, two, ");
        client.send_raw(WireFrame{.payload = "three"}.encode().substr(1));
        const auto last = client.read_frame();
        REQUIRE(last);
        CHECK(last->payload == "three");
    }
}

TEST_CASE("a message may be as large as the limit, whatever its fragments, and not one byte larger") {
    Rig rig{{.max_message = 1000}};
    auto client = rig.open();
    client.send({.payload = std::string(1000, 'x')});
    CHECK(rig.recorder.wait_for("0 text 1000 bytes"));
    client.send({.payload = std::string(999, 'y'), .fin = false});
    client.send({.opcode = 0x0, .payload = "y", .fin = false});
    client.send({.opcode = 0x0, .payload = "", .fin = true});
    client.send({.payload = std::string(600, 'z'), .fin = false});
    client.send({.opcode = 0x0, .payload = std::string(401, 'z')});
    const auto close = client.read_until(0x8);
    REQUIRE(close);
    CHECK(close->close_code() == 1009);
    client.close();
    CHECK(rig.recorder.how().cause == Cause::message_too_big);
    CHECK(rig.recorder.count("0 text 1000 bytes") == 2);
}

TEST_CASE("a limit below the size of control frames does not bind them") {
    Rig rig{{.max_message = 1}};
    auto client = rig.open();
    const std::string payload(125, 'p');
    const std::string ping = WireFrame{.opcode = 0x9, .payload = payload}.encode();
    client.send_raw(ping.substr(0, 20));
    rig.in_loop([] {});
    client.send_raw(ping.substr(20));
    CHECK(rig.recorder.wait_for("0 ping " + payload));
}

TEST_CASE("reading can be paused and resumed") {
    Rig rig{{}, [](Recorder& hub) {
                hub.message = [](Connection& connection, Message message) {
                    if (message.text() == "pause") connection.pause_reading();
                };
            }};
    auto client = rig.open();
    client.send_text("pause");
    REQUIRE(rig.recorder.wait_for("0 text pause"));
    client.send_text("later");
    // The bytes are there, and stay in the kernel.
    const auto deadline = WaitClock::now() + patience;
    while (rig.evidence().unread_bytes == 0 && WaitClock::now() < deadline) std::this_thread::yield();
    CHECK(rig.evidence().unread_bytes == on_wire(WireFrame{.payload = "later"}.encode().size()));
    CHECK(rig.recorder.count("0 text later") == 0);

    SECTION("resuming delivers what has waited, once") {
        rig.command(0, [](Connection& connection) {
            connection.resume_reading();
            connection.resume_reading();
            connection.pause_reading();
            connection.resume_reading();
        });
        CHECK(rig.recorder.wait_for("0 text later"));
        client.send_text("pause");
        client.close();
    }
    SECTION("closing ends the pause, because the peer's Close has to be read") {
        rig.command(0, [](Connection& connection) { connection.close(CloseCode::come_back, "now"); });
        REQUIRE(client.read_until(0x8));
        client.send_close(4000);
        CHECK(client.read_to_end() == Read::eof);
        client.close();
        CHECK(rig.recorder.how().cause == Cause::client_close);
    }
}
