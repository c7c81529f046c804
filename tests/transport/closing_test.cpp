#include "rig.hpp"

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

void write_binary(Connection& connection, std::size_t size) {
    const Frame frame = Frame::encode(Opcode::binary, std::string(size, 'x'));
    connection.write({&frame, 1});
}

}  // namespace

TEST_CASE("a client's Close is reported at once, answered, and ends the connection") {
    Rig rig;
    auto client = rig.open();
    client.send_close(4321, "good night");
    client.send_text("after the end");
    const auto answer = client.read_frame();
    REQUIRE(answer);
    CHECK(answer->opcode == 0x8);
    CHECK(answer->close_code() == 4321);
    CHECK(client.read_to_end() == Read::eof);
    client.close();
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::client_close);
    CHECK(static_cast<int>(how.peer_code) == 4321);
    CHECK(how.peer_reason == "good night");
    CHECK(!how.error);
    const auto lines = rig.recorder.lines();
    CHECK(std::vector<std::string>(lines.begin() + 3, lines.end()) ==
          std::vector<std::string>{"0 close 4321 good night", "0 closed client_close"});
}

TEST_CASE("a client's Close is answered with its own code, even if that is one by which servers say that they failed") {
    const unsigned code = GENERATE(1000U, 1002U, 1009U, 1011U, 1012U, 3000U);
    Rig rig;
    auto client = rig.open();
    client.send_close(code, "said by the client");
    const auto answer = client.read_frame();
    REQUIRE(answer);
    CHECK(answer->close_code() == code);
}

TEST_CASE("a client's Close without a code is reported as such") {
    Rig rig;
    auto client = rig.open();
    client.send({.opcode = 0x8});
    CHECK(client.read_until(0x8));
    client.close();
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::client_close);
    CHECK(how.peer_code == CloseCode::no_status);
    CHECK(rig.recorder.count("0 close 1005 ") == 1);
}

TEST_CASE("the hub closes, the client answers, the transport ends the TCP connection") {
    const auto code = GENERATE(CloseCode::come_back, CloseCode::going_away, CloseCode::internal_error, CloseCode::policy_violation);
    Rig rig;
    auto client = rig.open();
    rig.command(0, [&](Connection& connection) { connection.close(code, "in a while"); });
    const auto close = client.read_frame();
    REQUIRE(close);
    CHECK(close->close_code() == static_cast<unsigned>(code));
    CHECK(close->close_reason() == "in a while");
    // Nothing ends before the answer; what is not the answer is not heard.
    client.send_text("one more thing");
    CHECK(!client.read_frame(50ms));
    CHECK(client.last_read() == Read::timeout);
    client.send_close(1000, "bye");
    CHECK(client.read_to_end() == Read::eof);
    client.close();
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::client_close);
    CHECK(how.peer_code == CloseCode::normal);
    CHECK(how.peer_reason == "bye");
    CHECK(rig.recorder.count("0 text one more thing") == 0);
    CHECK(rig.recorder.count("0 close 1000 bye") == 0);
}

TEST_CASE("a Close queues behind what was written, and nothing is written behind it") {
    Rig rig;
    auto client = rig.open({.receive_buffer = 4096});
    rig.command(0, [](Connection& connection) {
        write_binary(connection, 5'000'000);
        connection.close(CloseCode::server_drain, "soon");
        connection.close(CloseCode::come_back, "a second Close");
        write_binary(connection, 1);
    });
    const auto data = client.read_frame();
    REQUIRE(data);
    CHECK(data->payload.size() == 5'000'000);
    const auto close = client.read_frame();
    REQUIRE(close);
    CHECK(close->close_code() == 4001);
    client.send_close(4001);
    CHECK(client.read_to_end() == Read::eof);
    client.close();
    CHECK(rig.recorder.how().cause == Cause::client_close);
    CHECK(rig.recorder.completed() == 1);
}

TEST_CASE("both sides may close at the same time") {
    Rig rig{{},
            [](Recorder& hub) { hub.message = [](Connection& connection, Message) { connection.close(CloseCode::come_back, "mine"); }; }};
    auto client = rig.open();
    client.send_raw(WireFrame{.payload = "x"}.encode() + WireFrame{.opcode = 0x8, .payload = "\x03\xE8yours"}.encode() +
                    WireFrame{.payload = "y"}.encode());
    const auto close = client.read_frame();
    REQUIRE(close);
    CHECK(close->close_code() == 4000);
    CHECK(client.read_to_end() == Read::eof);
    client.close();
    const auto how = rig.recorder.how();
    CHECK(how.peer_code == CloseCode::normal);
    CHECK(how.peer_reason == "yours");
    CHECK(rig.recorder.count("0 text y") == 0);
}

TEST_CASE("a Close that came with the request is read though the session has been closed as it opened") {
    Rig rig{{}, [](Recorder& hub) { hub.opened = [](Connection& connection) { connection.close(CloseCode::internal_error, "sorry"); }; }};
    WsClient client{rig.port()};
    client.send_raw(WsClient::upgrade_request({}) + WireFrame{.opcode = 0x8, .payload = "\x03\xE9"}.encode());
    CHECK(client.read_response().status == 101);
    const auto close = client.read_frame();
    REQUIRE(close);
    CHECK(close->close_code() == 1011);
    CHECK(client.read_to_end() == Read::eof);
    client.close();
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::client_close);
    CHECK(static_cast<int>(how.peer_code) == 1001);
}

TEST_CASE("a malformed answer to the hub's Close ends the connection too") {
    Rig rig;
    auto client = rig.open();
    rig.command(0, [](Connection& connection) { connection.close(CloseCode::come_back, ""); });
    REQUIRE(client.read_frame());
    const auto bytes = GENERATE(as<std::string>{}, "\x88\x80xxxx!", "\x88\x81xxxx!", "\x83\x80xxxx");
    client.send_raw(bytes);
    std::string rest;
    CHECK(client.read_to_end() == Read::eof);
    client.close();
    CHECK(rig.recorder.how().detail != "not closed in time");
}

TEST_CASE("a reason longer than a Close frame holds is cut between two characters") {
    Rig rig;
    auto client = rig.open();
    std::string reason(121, 'r');
    rig.command(0, [&](Connection& connection) { connection.close(CloseCode::come_back, reason + "\xE2\x82\xAC and more"); });
    const auto close = client.read_frame();
    REQUIRE(close);
    CHECK(close->close_reason() == reason);
}

TEST_CASE("a code that may not be sent aborts") {
    Rig rig;
    auto client = rig.open();
    rig.command(0, [](Connection& connection) { connection.close(CloseCode::abnormal, "never seen"); });
    CHECK(client.read_to_end() == Read::reset);
    CHECK(rig.recorder.how().peer_code == CloseCode::abnormal);
}

TEST_CASE("the end of the stream without a Close, and a reset, are told apart") {
    Rig rig;
    auto gone = rig.open();
    gone.close();
    const auto eof = rig.recorder.how(0);
    CHECK(eof.cause == Cause::eof_without_close);
    CHECK(!eof.error);
    CHECK(eof.peer_code == CloseCode::abnormal);

    auto broken = rig.open();
    broken.reset();
    const auto reset = rig.recorder.how(1);
    CHECK(reset.cause == Cause::reset_by_peer);
    CHECK(reset.error == std::errc::connection_reset);
}

TEST_CASE("a client that says Close and is gone before the hub's next write has closed") {
    Rig rig;
    for (std::uint32_t index = 0; index < 20; ++index) {
        CAPTURE(index);
        auto client = rig.open();
        rig.in_loop([&] {
            client.send_close(1001);
            client.reset();
            rig.recorder.command(index, [](Connection& connection) { write_binary(connection, 100); });
            rig.recorder.command(index, [](Connection& connection) { write_binary(connection, 100); });
        });
        const auto how = rig.recorder.how(index);
        CHECK(to_string(how.cause) == "client_close");
        CHECK(how.peer_code == CloseCode::going_away);
    }
}

TEST_CASE("a client that resets while the hub writes is reported as a reset") {
    Rig rig;
    auto client = rig.open();
    rig.in_loop([&] {
        client.reset();
        rig.recorder.command(0, [](Connection& connection) { write_binary(connection, 100); });
    });
    CHECK(to_string(rig.recorder.how().cause) == "reset_by_peer");
}

TEST_CASE("a client that has shut down its side still gets the answer to its Close") {
    Rig rig;
    auto client = rig.open({.receive_buffer = 4096});
    rig.command(0, [](Connection& connection) { write_binary(connection, 3'000'000); });
    client.send_close(1000);
    client.half_close();
    REQUIRE(rig.recorder.wait_for("0 close 1000 "));
    const auto close = client.read_until(0x8);
    REQUIRE(close);
    CHECK(close->close_code() == 1000);
    CHECK(client.read_to_end() == Read::eof);
    CHECK(rig.recorder.how().cause == Cause::client_close);
}

TEST_CASE("abort drops a connection now, with a reset, and reports it in a later turn") {
    Rig rig;
    auto client = rig.open({.receive_buffer = 4096});
    rig.command(0, [](Connection& connection) {
        write_binary(connection, 5'000'000);
        connection.abort();
        connection.abort();
        connection.close(CloseCode::come_back, "too late");
        write_binary(connection, 1);
    });
    CHECK(client.read_to_end() == Read::reset);
    const auto how = rig.recorder.how();
    REQUIRE(how.tcp);
    CHECK(how.tcp->unsent_bytes > 0);
    rig.in_loop([] {});
    CHECK(rig.recorder.completed() == 0);
    CHECK(rig.recorder.count("0 closed eof_without_close") == 1);
}

TEST_CASE("a client that never answers a Close stays until the hub aborts it") {
    Rig rig;
    auto client = rig.open();
    rig.command(0, [](Connection& connection) { connection.close(CloseCode::come_back, ""); });
    REQUIRE(client.read_frame());
    CHECK(!client.read_frame(100ms));
    CHECK(client.last_read() == Read::timeout);
    rig.command(0, [](Connection& connection) { connection.abort(); });
    CHECK(client.read_to_end() == Read::reset);
    CHECK(!rig.recorder.how().detail.size());
}

TEST_CASE("the connection may be used until on_closed has returned") {
    bool has_evidence = true;
    Rig rig{{}, [&](Recorder& hub) {
                hub.closed = [&](Connection& connection) {
                    connection.abort();
                    connection.close(CloseCode::come_back, "");
                    connection.pause_reading();
                    connection.resume_reading();
                    write_binary(connection, 1);
                    has_evidence = connection.tcp_evidence().has_value();
                };
                hub.close_received = [](Connection& connection) {
                    write_binary(connection, 1);
                    connection.close(CloseCode::come_back, "");
                };
            }};
    auto client = rig.open();
    client.send_close(1000);
    const auto answer = client.read_frame();
    REQUIRE(answer);
    CHECK(answer->opcode == 0x8);
    CHECK(client.read_to_end() == Read::eof);
    client.close();
    CHECK(rig.recorder.how().cause == Cause::client_close);
    CHECK(!has_evidence);
}
