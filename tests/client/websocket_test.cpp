// client::WebSocket over real sockets, against a server that says what it is told to.

#include <kingbolt/client/websocket.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "raw_server.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using Lines = std::vector<std::string>;

namespace {

/// Writes down what becomes of a connection.
struct Ear final : client::WebSocketEvents {
    Lines heard{};
    int bytes = 0;
    std::function<void(std::string_view)> also{};

    void on_open(std::string_view subprotocol) override { note("open", subprotocol); }
    void on_bytes() override { ++bytes; }
    void on_text(std::string_view message) override { note("text", message); }
    void on_binary(std::string_view message) override { note("binary", message); }
    void on_closed(CloseCode code, std::string_view reason) override { note("closed " + std::to_string(static_cast<int>(code)), reason); }
    void on_refused(unsigned status, std::optional<Duration> after) override {
        note("refused " + std::to_string(status), after ? std::to_string(milliseconds(*after)) : "");
    }
    void on_lost(std::string_view words) override { note("lost", words); }

private:
    void note(std::string what, std::string_view more) {
        heard.push_back(what.append(" ").append(more));
        if (also) also(heard.back());
    }
};

/// TCP whose n-th operation fails; 0: none does.
class FlakyStream final : public client::ByteStream {
public:
    FlakyStream(const asio::any_io_executor& executor, int failing) : tcp_{executor}, executor_{executor}, failing_{failing} {}

    void async_connect(const Endpoints& endpoints, Done done) override {
        if (!fails()) return tcp_.async_connect(endpoints, std::move(done));
        asio::post(executor_, [done] { done(std::make_error_code(std::errc::connection_refused)); });
    }
    void async_read_some(std::span<char> into, Read done) override {
        if (!fails()) return tcp_.async_read_some(into, std::move(done));
        asio::post(executor_, [done] { done(std::make_error_code(std::errc::connection_reset), 0); });
    }
    void async_write(std::string_view bytes, Done done) override {
        if (!fails()) return tcp_.async_write(bytes, std::move(done));
        asio::post(executor_, [done] { done(std::make_error_code(std::errc::broken_pipe)); });
    }
    void close() noexcept override { tcp_.close(); }
    bool has_failed() const noexcept { return failed_; }

private:
    bool fails() { return failed_ = failed_ || ++operations_ == failing_; }

    client::TcpStream tcp_;
    asio::any_io_executor executor_;
    int failing_, operations_ = 0;
    bool failed_ = false;
};

struct Rig {
    asio::io_context io{};
    Ear ear{};
    RawServer server;
    std::shared_ptr<client::WebSocket> socket;

    explicit Rig(Script script, std::size_t max_message = 1000)
        : server{io, {std::move(script)}},
          socket{std::make_shared<client::WebSocket>(io.get_executor(),
                                                     client::WebSocketOptions{.url = client::parse_url(server.url()),
                                                                              .headers = {{"X-More", "yes"}},
                                                                              .subprotocols = {"kingbolt.v1.json", "bearer.t1"},
                                                                              .max_message = max_message,
                                                                              .close_timeout = std::chrono::milliseconds{200},
                                                                              .mask_secret = {1, 2}},
                                                     std::make_unique<client::TcpStream>(io.get_executor()), ear)} {
        socket->connect();
    }
    ~Rig() { socket->drop(); }
    bool hears(std::size_t lines) {
        return run_until(io, [&] { return ear.heard.size() >= lines; });
    }
};

/// What a client makes of this answer to its upgrade request.
std::string answered(const std::function<std::string(const Peer&)>& answer) {
    Rig rig{[&answer](Peer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(answer(peer));
        co_await peer.see_end();
    }};
    return rig.hears(1) ? rig.ear.heard.front() : "nothing";
}
std::string answered_with(const std::string& answer) {
    return answered([&answer](const Peer&) { return answer; });
}

/// What a client that is open makes of these frames.
Lines heard_of(const std::string& frames, std::size_t lines) {
    Rig rig{[&frames](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        co_await peer.send(frames);
        co_await peer.see_end();
    }};
    CHECK(rig.hears(lines + 1));
    rig.ear.heard.erase(rig.ear.heard.begin());
    return rig.ear.heard;
}

}  // namespace

TEST_CASE("the upgrade request is what RFC 6455 asks for") {
    std::string request;
    Rig rig{[&request](Peer& peer) -> asio::awaitable<void> {
        request = co_await peer.request();
        co_await peer.send(peer.upgrade());
        co_await peer.see_end();
    }};
    REQUIRE(rig.hears(1));
    CHECK(rig.ear.heard == Lines{"open kingbolt.v1.json"});
    CHECK(request.starts_with("GET /hub?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(rig.server.port()) + "\r\n"));
    for (const std::string line : {"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "X-More: yes",
                                   "Sec-WebSocket-Protocol: kingbolt.v1.json, bearer.t1"})
        CHECK(request.find("\r\n" + line + "\r\n") != std::string::npos);
    CHECK(request.find("\r\nSec-WebSocket-Key: ") != std::string::npos);
}

TEST_CASE("a 101 that is not quite one opens nothing") {
    const auto without = [](const std::string& part, const std::string& instead) {
        return answered([&](const Peer& peer) {
            std::string text = peer.upgrade();
            return text.replace(text.find(part), part.size(), instead);
        });
    };
    CHECK(without("Upgrade: websocket", "Upgrade: WebSocket") == "open kingbolt.v1.json");
    CHECK(without("Upgrade: websocket", "Upgrade: h2c") == "lost a 101 that does not upgrade to WebSocket");
    CHECK(without("Connection: Upgrade", "Connection: close") == "lost a 101 without Connection: Upgrade");
    CHECK(without("Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x") == "lost a wrong Sec-WebSocket-Accept");
    CHECK(without("Sec-WebSocket-Protocol: kingbolt.v1.json", "Sec-WebSocket-Protocol: chat") == "lost a subprotocol that was not offered");
    CHECK(without("Sec-WebSocket-Protocol: kingbolt.v1.json\r\n", "") == "open ");
    CHECK(without("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n") == "lost an extension that was not offered");
    CHECK(answered_with("SSH-2.0-OpenSSH_9.2\r\n\r\n") == "lost the answer to the upgrade request is not HTTP/1.1");
    CHECK(answered_with(std::string(20'000, 'x')) == "lost the answer to the upgrade request has no end");
}

TEST_CASE("a refusal tells its status and the delay that it asks for") {
    CHECK(answered_with("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\n\r\n") == "refused 503 7000");
    CHECK(answered_with("HTTP/1.1 429 Too Many Requests\r\nretry-after: 999999999\r\n\r\n") == "refused 429 86400000");
    CHECK(answered_with("HTTP/1.1 503 x\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n") == "refused 503 ");
    CHECK(answered_with("HTTP/1.1 401 Unauthorized\r\n\r\n") == "refused 401 ");
    CHECK(answered_with("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n") == "refused 302 ");
}

TEST_CASE("what cannot be reached is lost") {
    asio::io_context io;
    Ear ear;
    std::uint16_t port = 0;
    {
        asio::ip::tcp::acceptor gone{io, {asio::ip::address_v4::loopback(), 0}};
        port = gone.local_endpoint().port();
    }
    const auto socket = std::make_shared<client::WebSocket>(
        io.get_executor(), client::WebSocketOptions{.url = client::parse_url("ws://127.0.0.1:" + std::to_string(port))},
        std::make_unique<client::TcpStream>(io.get_executor()), ear);
    socket->connect();
    REQUIRE(run_until(io, [&] { return !ear.heard.empty(); }));
    CHECK(ear.heard == Lines{"lost Connection refused"});
}

TEST_CASE("messages come whole, also in fragments with a ping between them, and with the head of the answer") {
    std::vector<WireFrame> answers;
    Rig rig{[&answers](Peer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(peer.upgrade() + server_frame(0x1, "early"));
        co_await peer.send(server_frame(0x1, "frag", false));
        co_await peer.send(server_frame(0x9, "are you there"));
        answers.push_back(co_await peer.frame());
        co_await peer.send(server_frame(0x0, "ments") + server_frame(0x2, std::string{"\0\xFF", 2}));
        co_await peer.see_end();
    }};
    REQUIRE(rig.hears(4));
    CHECK(rig.ear.heard == Lines{"open kingbolt.v1.json", "text early", "text fragments", std::string{"binary \0\xFF", 9}});
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].opcode == 0xA);
    CHECK(answers[0].payload == "are you there");
    CHECK(answers[0].masked);
    CHECK(rig.ear.bytes > 0);
}

TEST_CASE("what the client sends is masked, with a key of its own for each frame") {
    std::vector<std::string> raw;
    std::vector<WireFrame> frames;
    Rig rig{[&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        for (int i = 0; i < 3; ++i) frames.push_back(co_await peer.frame());
        co_await peer.see_end();
    }};
    REQUIRE(rig.hears(1));
    rig.socket->send("same");
    rig.socket->send("same");
    rig.socket->send(std::string(70'000, 'x'));
    CHECK(rig.socket->unsent() > 70'000);
    REQUIRE(run_until(rig.io, [&] { return frames.size() == 3; }));
    CHECK(rig.socket->unsent() == 0);
    for (const auto& frame : frames) CHECK((frame.opcode == 0x1 && frame.fin && frame.masked));
    CHECK(frames[0].payload == "same");
    CHECK(frames[2].payload == std::string(70'000, 'x'));
}

TEST_CASE("a server that breaks the protocol is told so and left") {
    CHECK(heard_of(server_frame(0x1, std::string(1001, 'x')), 1) == Lines{"closed 1009 a message larger than the limit"});
    CHECK(heard_of(server_frame(0x1, "\xFF"), 1) == Lines{"closed 1007 a text message that is not UTF-8"});
    CHECK(heard_of(server_frame(0x1, "fine") + server_frame(0x1, "x", true, 4), 2) ==
          Lines{"text fine", "closed 1002 reserved bits set without a negotiated extension"});
    WireFrame told;
    const std::string masked = WireFrame{.payload = "x"}.encode();
    Rig rig{[&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        co_await peer.send(masked);
        told = co_await peer.frame();
    }};
    REQUIRE(rig.hears(2));
    CHECK(rig.ear.heard[1] == "closed 1002 a masked frame from a server");
    REQUIRE(run_until(rig.io, [&] { return told.opcode == 0x8; }));
    CHECK(told.close_code() == 1002);
}

TEST_CASE("a Close frame is told with its reason and echoed, and then the server ends the connection") {
    WireFrame echo;
    bool ended = false;
    Rig rig{[&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        co_await peer.close(4001, "server_drain after_ms=350");
        co_await peer.say("too late");
        echo = co_await peer.frame();
        ended = true;
    }};
    REQUIRE(rig.hears(2));
    CHECK(rig.ear.heard[1] == "closed 4001 server_drain after_ms=350");
    REQUIRE(run_until(rig.io, [&] { return ended; }));
    CHECK(echo.opcode == 0x8);
    CHECK(echo.close_code() == 4001);
    run_for(rig.io, std::chrono::milliseconds{50});
    CHECK(rig.ear.heard.size() == 2);
}

TEST_CASE("the client's own Close comes after what was sent; a server that does not end is left behind in time") {
    Lines said;
    bool ended = false;
    Rig rig{[&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        said.push_back(co_await peer.text());
        const WireFrame close = co_await peer.frame();
        said.push_back(std::to_string(close.close_code()) + " " + close.close_reason());
        try {
            co_await peer.see_end();
        } catch (const std::system_error&) {
            ended = true;
        }
    }};
    REQUIRE(rig.hears(1));
    rig.socket->send("last words");
    rig.socket->close(CloseCode::normal, "done");
    rig.socket->send("unheard");
    REQUIRE(run_until(rig.io, [&] { return ended; }));
    CHECK(said == Lines{"last words", "1000 done"});
    CHECK(rig.ear.heard.size() == 1);
}

TEST_CASE("whoever drops the connection within a callback hears no more") {
    Rig rig{[](Peer& peer) -> asio::awaitable<void> {
        co_await peer.accept();
        co_await peer.send(server_frame(0x1, "one") + server_frame(0x1, "two"));
        co_await peer.see_end();
    }};
    rig.ear.also = [&rig](std::string_view line) {
        if (line == "text one") rig.socket->drop();
    };
    REQUIRE(rig.hears(2));
    run_for(rig.io, std::chrono::milliseconds{50});
    CHECK(rig.ear.heard == Lines{"open kingbolt.v1.json", "text one"});
}

TEST_CASE("a connection that the network ends is lost, whether in the handshake or later") {
    Rig early{[](Peer& peer) -> asio::awaitable<void> { co_await peer.request(); }};
    REQUIRE(early.hears(1));
    CHECK(early.ear.heard == Lines{"lost the server ended the connection"});
    Rig later{[](Peer& peer) -> asio::awaitable<void> { co_await peer.accept(); }};
    REQUIRE(later.hears(2));
    CHECK(later.ear.heard[1] == "lost the server ended the connection");
}

TEST_CASE("whichever operation fails, the connection ends once and in time") {
    bool failed = true;
    for (int n = 1; failed; ++n) {
        INFO(n);
        asio::io_context io;
        RawServer server{io, {[](Peer& peer) -> asio::awaitable<void> {
                             co_await peer.accept();
                             co_await peer.say("ready?");
                             co_await peer.text();
                             co_await peer.close(1000);
                             co_await peer.see_end();
                         }}};
        Ear ear;
        auto stream = std::make_unique<FlakyStream>(io.get_executor(), n);
        const FlakyStream& flaky = *stream;
        const auto socket = std::make_shared<client::WebSocket>(io.get_executor(),
                                                                client::WebSocketOptions{.url = client::parse_url(server.url()),
                                                                                         .subprotocols = {"kingbolt.v1.json"},
                                                                                         .close_timeout = std::chrono::milliseconds{50}},
                                                                std::move(stream), ear);
        ear.also = [&socket](std::string_view line) {
            if (line == "text ready?") socket->send("yes");
        };
        socket->connect();
        const auto ended = [&ear] {
            return std::ranges::count_if(ear.heard,
                                         [](const auto& line) { return line.starts_with("lost") || line.starts_with("closed"); });
        };
        REQUIRE(run_until(io, [&] { return ended() > 0; }));
        run_for(io, std::chrono::milliseconds{100});
        CHECK(ended() == 1);
        failed = flaky.has_failed();
        if (!failed) CHECK(ear.heard.back() == "closed 1000 ");
        REQUIRE(n < 50);
    }
}
