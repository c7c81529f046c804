#include "rig.hpp"

#include <string>
#include <thread>

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

const std::string crlf = "\r\n";

/// What a server answers to bytes, up to the end of the stream.
std::string answer(std::uint16_t port, const std::string& bytes) {
    auto socket = PeerSocket::connect(port);
    socket.send(bytes);
    std::string all;
    while (socket.read(all) == Read::data) {
    }
    return all;
}

std::string request_with(const std::string& changed_from, const std::string& changed_to) {
    std::string request = WsClient::upgrade_request({});
    return request.replace(request.find(changed_from), changed_from.size(), changed_to);
}

}  // namespace

TEST_CASE("an upgrade request reaches the hub whole, and the hub's answer the client") {
    UpgradeRequest seen;
    Rig rig{{}, [&](Recorder& hub) {
                hub.upgrade = [&](const UpgradeRequest& request) {
                    seen = request;
                    auto response = UpgradeResponse::accept("v2.status");
                    response.headers.emplace_back("X-Served-By", "kingbolt");
                    return response;
                };
            }};
    WsClient client{rig.port()};
    const auto response =
        client.handshake({.target = "/agents?since=4", .subprotocols = "v1.status, v2.status", .headers = {"X-Key: abc"}});
    CHECK(response.status == 101);
    CHECK(response.header("Sec-WebSocket-Accept") == accept_key(WsClient::key));
    CHECK(response.header("Sec-WebSocket-Protocol") == "v2.status");
    CHECK(response.header("X-Served-By") == "kingbolt");
    CHECK(response.header("Sec-WebSocket-Extensions").empty());

    REQUIRE(rig.recorder.wait_for("0 opened"));
    CHECK(seen.method == "GET");
    CHECK(seen.target == "/agents?since=4");
    CHECK(seen.path() == "/agents");
    CHECK(seen.remote == client.local_address());
    CHECK(seen.header("x-key") == "abc");
    CHECK(seen.header("sec-websocket-version") == "13");
    CHECK(seen.subprotocols == std::vector<std::string>{"v1.status", "v2.status"});
    CHECK(rig.recorder.lines() == std::vector<std::string>{"0 accepted 127.0.0.1", "0 upgrade /agents?since=4", "0 opened"});
}

TEST_CASE("frames in the same segment as the request are heard after the upgrade") {
    Rig rig;
    WsClient client{rig.port()};
    const std::string big(5000, 'b');  // more than one read
    client.send_raw(WsClient::upgrade_request({}) + WireFrame{.payload = "one"}.encode() + WireFrame{.payload = big}.encode() +
                    WireFrame{.opcode = 0x9, .payload = "p"}.encode());
    CHECK(client.read_response().status == 101);
    REQUIRE(rig.recorder.wait_for("0 ping p"));
    CHECK(rig.recorder.lines() ==
          std::vector<std::string>{"0 accepted 127.0.0.1", "0 upgrade /", "0 opened", "0 text one", "0 text 5000 bytes", "0 ping p"});
}

TEST_CASE("a request may come one byte at a time") {
    Rig rig;
    WsClient client{rig.port()};
    for (const char c : WsClient::upgrade_request({.target = "/slow"})) client.send_raw({&c, 1});
    CHECK(client.read_response().status == 101);
    CHECK(rig.recorder.wait_for("0 opened"));
}

TEST_CASE("a refused upgrade is answered with the hub's status, body and headers, and ends") {
    Rig rig{{}, [](Recorder& hub) {
                hub.upgrade = [](const UpgradeRequest&) {
                    auto response = UpgradeResponse::refuse(403, "not you\n");
                    response.headers.emplace_back("X-Reason", "key");
                    return response;
                };
            }};
    const std::string all = answer(rig.port(), WsClient::upgrade_request({}));
    CHECK(all.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    CHECK(all.find("X-Reason: key\r\n") != std::string::npos);
    CHECK(all.find("Content-Length: 8\r\n") != std::string::npos);
    CHECK(all.find("Connection: close\r\n") != std::string::npos);
    CHECK(all.ends_with("\r\n\r\nnot you\n"));
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::upgrade_refused);
    CHECK(how.detail == "answered 403");
    CHECK(rig.recorder.count("0 opened") == 0);
}

TEST_CASE("a plain HTTP request is answered by the hub, and the connection ends") {
    HttpRequest seen;
    Rig rig{{}, [&](Recorder& hub) {
                hub.request = [&](const HttpRequest& request) {
                    seen = request;
                    return HttpResponse{
                        .status = 503, .body = "{\"ready\":false}", .content_type = "application/json", .headers = {{"X-A", "b"}}};
                };
            }};
    const std::string all = answer(rig.port(), "GET /healthz?full=1 HTTP/1.1\r\nHost: here\r\nX-Probe: 7\r\n\r\n");
    CHECK(all.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(all.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(all.find("X-A: b\r\n") != std::string::npos);
    CHECK(all.ends_with("\r\n\r\n{\"ready\":false}"));
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::http_request);
    CHECK(how.detail == "answered 503");
    CHECK(seen.method == "GET");
    CHECK(seen.target == "/healthz?full=1");
    CHECK(seen.header("X-Probe") == "7");

    const std::string head = answer(rig.port(), "HEAD /healthz HTTP/1.1\r\nHost: here\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 503"));
    CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("the answer to a plain request may be larger than the socket takes at once") {
    const std::string page(8'000'000, 'p');
    Rig rig{{}, [&](Recorder& hub) { hub.request = [&](const HttpRequest&) { return HttpResponse{.body = page}; }; }};
    const std::string all = answer(rig.port(), "GET / HTTP/1.1\r\nHost: here\r\n\r\n");
    CHECK(all.size() > page.size());
    CHECK(all.ends_with("ppp"));
    CHECK(rig.recorder.how().cause == Cause::http_request);
}

TEST_CASE("a plain answer is sent in full to a client that takes more than a second for it") {
    const std::string body(300'000, 'b');
    Rig rig{{.send_buffer = 16'384}, [&](Recorder& hub) { hub.request = [&](const HttpRequest&) { return HttpResponse{.body = body}; }; }};
    WsClient client{rig.port(), {.receive_buffer = 4096}};
    client.send_raw("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
    CHECK_FALSE(rig.recorder.wait_for("0 closed http_request", 1200ms));
    std::string all;
    while (client.socket().read(all) == Read::data) {
    }
    CHECK(all.ends_with("\r\n\r\n" + body));
    CHECK(rig.recorder.how().cause == Cause::http_request);
}

TEST_CASE("an answer that its client does not take ends when the hub has had enough") {
    Rig rig{{.send_buffer = 16'384},
            [](Recorder& hub) { hub.request = [](const HttpRequest&) { return HttpResponse{.body = std::string(8'000'000, 'b')}; }; }};
    WsClient client{rig.port(), {.receive_buffer = 4096}};
    client.send_raw("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
    REQUIRE(rig.recorder.wait_for("0 request GET /"));
    rig.command(0, [](Connection& connection) { connection.abort(); });
    CHECK(rig.recorder.how().cause == Cause::http_request);
}

TEST_CASE("a malformed request is answered with an error and ends as a bad handshake that says what was wrong") {
    struct Row {
        std::string bytes, status, detail;
    };
    const auto row =
        GENERATE(Row{"GET /\r\nHost: x\r\n\r\n", "400", "answered 400: a request line that is not HTTP"},
                 Row{"GET / HTTP/1.1\r\n\r\n", "400", "answered 400: no Host header"},
                 Row{"GET / HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n", "400", "answered 400: a malformed header"},
                 Row{"GET / HTTP/1.1\r\nHost: x\r\nBig: " + std::string(20'000, 'b') + "\r\n\r\n", "431",
                     "answered 431: headers larger than 16 KiB"},
                 Row{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n", "400", "answered 400: a request with a body"},
                 Row{request_with("Sec-WebSocket-Key", "X-Key"), "400", "answered 400: no Sec-WebSocket-Key"},
                 Row{request_with("GET", "PUT"), "400", "answered 400: an upgrade that is not a GET"},
                 Row{request_with("HTTP/1.1", "HTTP/1.0"), "400", "answered 400: an upgrade that is not HTTP/1.1"},
                 Row{request_with("Host: 127.0.0.1", "Host: a:b:c"), "400", "answered 400: a Host header that is no host"});
    CAPTURE(row.bytes.substr(0, 60), row.detail);
    Rig rig;
    CHECK(answer(rig.port(), row.bytes).starts_with("HTTP/1.1 " + row.status));
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::bad_handshake);
    CHECK(how.detail == row.detail);
}

TEST_CASE("only version 13 is spoken, and the answer says so") {
    const auto version =
        GENERATE(as<std::string>{}, "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version: 0\r\n", "Sec-WebSocket-Version: 14\r\n", "");
    CAPTURE(version);
    Rig rig;
    const std::string all = answer(rig.port(), request_with("Sec-WebSocket-Version: 13\r\n", version));
    CHECK(all.starts_with("HTTP/1.1 426 "));
    CHECK(all.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos);
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::bad_handshake);
    CHECK(how.detail == "answered 426: a WebSocket version other than 13");
    CHECK(rig.recorder.count("0 upgrade /") == 0);
}

TEST_CASE("a subprotocol that was not offered is refused with 500") {
    Rig rig{{}, [](Recorder& hub) { hub.upgrade = [](const UpgradeRequest&) { return UpgradeResponse::accept("v9"); }; }};
    CHECK(answer(rig.port(), WsClient::upgrade_request({.subprotocols = "v1"})).starts_with("HTTP/1.1 500 "));
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::unoffered_subprotocol);
    CHECK(how.detail == "\"v9\"");
}

TEST_CASE("a header value that would split the response is never sent") {
    const auto with_bad_header = [](HttpHeaders& headers) { headers.emplace_back("X-A", "b\r\nSet-Cookie: c"); };
    Rig rig{{}, [&](Recorder& hub) {
                hub.upgrade = [&](const UpgradeRequest&) {
                    auto response = UpgradeResponse::accept();
                    with_bad_header(response.headers);
                    return response;
                };
                hub.request = [&](const HttpRequest&) {
                    HttpResponse response;
                    with_bad_header(response.headers);
                    return response;
                };
            }};
    for (const auto& request : {WsClient::upgrade_request({}), std::string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}}) {
        const std::string all = answer(rig.port(), request);
        CHECK(all.starts_with("HTTP/1.1 500 "));
        CHECK(all.find("Set-Cookie") == std::string::npos);
    }
    CHECK(rig.recorder.how(0).cause == Cause::handler_error);
    CHECK(rig.recorder.how(1).cause == Cause::handler_error);
}

TEST_CASE("a connection that ends before its request is complete is reported as what it was") {
    Rig rig;
    {
        WsClient silent{rig.port()};
        REQUIRE(rig.recorder.wait_for("0 accepted 127.0.0.1"));
    }
    CHECK(rig.recorder.how(0).cause == Cause::eof_without_close);

    WsClient half{rig.port()};
    half.send_raw("GET / HT");
    for (const auto end = WaitClock::now() + patience; rig.recorder.bytes(1) == 0 && WaitClock::now() < end;)
        std::this_thread::sleep_for(1ms);
    half.reset();
    const auto how = rig.recorder.how(1);
    CHECK(how.cause == Cause::reset_by_peer);
    CHECK(how.error == std::errc::connection_reset);
}

TEST_CASE("a connection that the hub does not want is dropped, and nothing more is heard of it") {
    Rig rig{{}, [](Recorder& hub) { hub.accepted = [](Connection&) { return false; }; }};
    WsClient client{rig.port()};
    client.send_raw(WsClient::upgrade_request({}));
    CHECK(client.read_to_end() != Read::timeout);
    rig.in_loop([] {});
    CHECK(rig.recorder.lines() == std::vector<std::string>{"0 accepted 127.0.0.1"});
}

TEST_CASE("the hub may take its time to answer an upgrade, and frames that came with the request wait") {
    Rig rig{{}, [](Recorder& hub) { hub.upgrade = [](const UpgradeRequest&) { return UpgradeResponse::deferred(); }; }};
    WsClient client{rig.port()};
    const std::string big(5000, 'b');
    client.send_raw(WsClient::upgrade_request({.subprotocols = "v1"}) + WireFrame{.payload = "one"}.encode());
    REQUIRE(rig.recorder.wait_for("0 upgrade /"));
    client.send_raw(WireFrame{.payload = big}.encode());

    SECTION("it accepts") {
        rig.in_loop(
            [&] { rig.recorder.command(0, [](Connection& connection) { connection.answer_upgrade(UpgradeResponse::accept("v1")); }); });
        const auto response = client.read_response();
        CHECK(response.status == 101);
        CHECK(response.header("Sec-WebSocket-Protocol") == "v1");
        REQUIRE(rig.recorder.wait_for("0 text 5000 bytes"));
        CHECK(rig.recorder.lines() ==
              std::vector<std::string>{"0 accepted 127.0.0.1", "0 upgrade /", "0 opened", "0 text one", "0 text 5000 bytes"});
    }
    SECTION("it refuses") {
        rig.in_loop([&] {
            rig.recorder.command(0, [](Connection& connection) { connection.answer_upgrade(UpgradeResponse::refuse(401, "who?\n")); });
        });
        CHECK(client.read_response().status == 401);
        CHECK(rig.recorder.how().cause == Cause::upgrade_refused);
        CHECK(rig.recorder.count("0 opened") == 0);
    }
    SECTION("it gives up") {
        rig.in_loop([&] { rig.recorder.command(0, [](Connection& connection) { connection.abort(); }); });
        CHECK(client.read_to_end() == Read::reset);
        CHECK(rig.recorder.how().cause == Cause::eof_without_close);
    }
    SECTION("an answer given twice counts once") {
        rig.in_loop([&] {
            rig.recorder.command(0, [](Connection& connection) {
                connection.answer_upgrade(UpgradeResponse::accept());
                connection.answer_upgrade(UpgradeResponse::refuse(401));
            });
        });
        CHECK(rig.recorder.wait_for("0 opened"));
    }
}

TEST_CASE("what the hub writes waits behind an answer that the kernel did not take at once") {
    Rig rig{{}, [](Recorder& hub) {
                hub.upgrade = [](const UpgradeRequest&) {
                    auto response = UpgradeResponse::accept();
                    response.headers.emplace_back("X-Large", std::string(8'000'000, 'l'));
                    return response;
                };
                hub.opened = [&hub](Connection& connection) {
                    const std::vector<Frame> frames{Frame::encode(Opcode::text, "first")};
                    hub.write(connection, frames);
                };
            }};
    auto socket = PeerSocket::connect(rig.port());
    socket.send(WsClient::upgrade_request({}));
    std::string all;
    const std::string message =
        "\x81\x05"
        "first";
    while (!all.ends_with(message) && socket.read(all) == Read::data) {
    }
    CHECK(all.find("\r\n\r\n") == all.size() - message.size() - 4);
    CHECK(all.ends_with("\r\n\r\n" + message));
}

TEST_CASE("a connection can be aborted as soon as it is accepted, and while its upgrade is decided") {
    Connection* connection = nullptr;
    const bool at_once = GENERATE(true, false);
    Rig rig{{}, [&](Recorder& hub) {
                hub.accepted = [&](Connection& c) {
                    connection = &c;
                    if (at_once) c.abort();
                    return true;
                };
                hub.upgrade = [&](const UpgradeRequest&) {
                    connection->close(CloseCode::going_away, "too early for a Close frame");
                    return UpgradeResponse::accept();
                };
            }};
    WsClient client{rig.port()};
    client.send_raw(WsClient::upgrade_request({}));
    // Where the reset was quicker than the request, sending that has met it, and what is left looks like a regular end.
    const Read end = client.read_to_end();
    CHECK((end == Read::reset || (at_once && end == Read::eof)));
    CHECK(rig.recorder.how().detail.empty());
    CHECK(rig.recorder.count("0 opened") == 0);
}
