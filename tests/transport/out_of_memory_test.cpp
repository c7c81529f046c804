// A life of a transport in which the N-th allocation on its loop fails, for every N. It may cost the connection that it hits;
// the others, the listener and the tick go on, and every connection that was reported is reported as closed, once.

#include "support/catch.hpp"
#include "support/failing_allocator.hpp"
#include "support/ws_client.hpp"
#include "transport_under_test.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

using namespace kingbolt;
using namespace kingbolt::test;
using Connection = TransportUnderTest::Connection;

namespace {

/// Echoes, answers pings, and counts. Its own lack of memory it lets the connection have.
class Tally final : public TransportEvents<Connection> {
public:
    static constexpr std::size_t most = 16;

    std::size_t accepted = 0, messages = 0, ticks = 0, responses = 0;
    std::array<int, most> opened{}, closed{};

private:
    Acceptance on_accepted(Connection& connection, std::string) override {
        REQUIRE(accepted < most);
        connections_.at(accepted) = &connection;
        return {.session = {static_cast<std::uint32_t>(accepted++), 1}};
    }
    UpgradeResponse on_upgrade(SessionId, const UpgradeRequest&) override { return UpgradeResponse::accept(); }
    HttpResponse on_request(SessionId, const HttpRequest&) override {
        ++responses;
        return HttpResponse{.body = "a body that is longer than a short string"};
    }
    void on_opened(SessionId session) override { ++opened.at(session.index); }
    void on_bytes(SessionId, std::size_t) override {}
    void on_read_end(SessionId) override {}
    void on_message(SessionId session, Message message) override {
        ++messages;
        answer(session, Frame::encode(message.opcode(), message.bytes()));
    }
    void on_ping(SessionId session, std::string_view payload) override { answer(session, Frame::encode(Opcode::pong, payload)); }
    void on_pong(SessionId, std::string_view) override {}
    void on_close_received(SessionId, CloseCode, std::string_view) override {}
    void on_written(SessionId, std::size_t, bool) override {}
    void on_closed(SessionId session, const WireClosed&) override { ++closed.at(session.index); }
    void on_turn_end() override {}
    void on_tick() override { ++ticks; }

    void answer(SessionId session, const Frame& frame) { connections_.at(session.index)->write({&frame, 1}); }

    std::array<Connection*, most> connections_{};
};

class Life {
public:
    /// The allocation number `n` made while the loop runs fails.
    explicit Life(long n) : countdown_{n} {
        transport.attach(tally);
        transport.tick_every(1ms);
    }

    /// Turns of the loop until `condition` holds or it seems that it never will.
    template <class Condition>
    bool until(Condition condition, Patience timeout = patience) {
        const auto deadline = WaitClock::now() + timeout;
        while (!condition()) {
            if (WaitClock::now() >= deadline) return false;
            allocations_left = countdown_;
            io.run_one_for(1ms);
            countdown_ = std::exchange(allocations_left, -1);
        }
        return true;
    }

    /// Sends, and reads whatever comes until the wanted bytes have come or the connection has gone.
    bool exchange(RawSocket& socket, std::string_view bytes, std::string_view wanted) {
        socket.send(bytes);
        std::string got;
        Read read = Read::timeout;
        const bool in_time = until([&] {
            read = socket.read(got, 0ms);
            return got.find(wanted) != std::string::npos || read == Read::eof || read == Read::reset;
        });
        CHECK(in_time);
        return got.find(wanted) != std::string::npos;
    }

    bool talk() {
        auto socket = RawSocket::connect(transport.port());
        const std::string big(5000, 'b');
        return exchange(socket, WsClient::upgrade_request({.subprotocols = "one, two"}), "\r\n\r\n") &&
               exchange(socket, WireFrame{.payload = "hello"}.encode(), "hello") &&
               exchange(socket,
                        WireFrame{.payload = big.substr(1000), .fin = false}.encode() + WireFrame{.opcode = 0x0, .payload = "end"}.encode(),
                        "bend") &&
               exchange(socket, WireFrame{.opcode = 0x9, .payload = "ping"}.encode(), "ping") &&
               exchange(socket, WireFrame{.opcode = 0x8, .payload = "\x03\xE8 a reason that is longer than a short string"}.encode(),
                        "short string");
    }
    void misbehave() {
        auto socket = RawSocket::connect(transport.port());
        if (exchange(socket, WsClient::upgrade_request({}), "\r\n\r\n"))
            exchange(socket, WireFrame{.payload = "\xFF, and a text that is longer than a short string"}.encode(), "UTF8");
    }
    void ask() {
        auto socket = RawSocket::connect(transport.port());
        exchange(socket, "GET /a/path/that/is/longer/than/a/short/string HTTP/1.1\r\nHost: here\r\n\r\n", "short string");
    }
    void stall() {
        auto socket = RawSocket::connect(transport.port());
        if (!exchange(socket, WsClient::upgrade_request({}), "\r\n\r\n")) return;
        socket.send(WireFrame{.opcode = 0x2, .payload = std::string(64'000, 's')}.encode());
        const std::size_t before = tally.messages;
        until([&] { return tally.messages > before || is_over(); });
        std::string got;
        until([&] { return socket.read(got, 0ms) == Read::reset || got.size() >= 64'004 || is_over(); });
    }
    /// From here on nothing fails.
    void spare() noexcept { countdown_ = -1; }
    /// Every connection that was reported has come to its end.
    bool is_over() const {
        for (std::size_t i = 0; i < tally.accepted; ++i)
            if (tally.closed.at(i) == 0) return false;
        return true;
    }

    asio::io_context io;
    Tally tally;
    TransportUnderTest transport{io, {.send_buffer = 8192}};

private:
    long countdown_;
};

}  // namespace

TEST_CASE("a lack of memory costs at most the connection that it hits") {
    long n = 0;
    do {
        CAPTURE(n);
        allocation_failed = false;
        Life life{n++};
        life.talk();
        life.misbehave();
        life.ask();
        life.stall();
        life.spare();
        CHECK(life.until([&] { return life.is_over(); }));
        CHECK(life.talk());
        CHECK(life.until([&] { return life.is_over(); }));
        const std::size_t ticks = life.tally.ticks;
        CHECK(life.until([&] { return life.tally.ticks > ticks; }));
        for (std::size_t i = 0; i < life.tally.accepted; ++i) {
            CHECK(life.tally.closed.at(i) == 1);
            CHECK(life.tally.opened.at(i) <= 1);
        }
    } while (allocation_failed);
    CHECK(n > 50);
}

// Asio keeps all timers of a loop in one heap. Where the tick has left it and others have taken its room, coming back needs memory.
TEST_CASE("a tick can be set again without memory, however many timers the application has set meanwhile") {
    Life life{-1};
    asio::steady_timer first{life.io, 1us}, second{life.io}, third{life.io};
    first.async_wait([&](const std::error_code&) {
        for (asio::steady_timer* const timer : {&second, &third}) {
            timer->expires_after(1h);
            timer->async_wait([](const std::error_code&) {});
        }
        allocations_left = 0;
    });
    std::this_thread::sleep_for(5ms);  // so that both are due: the application's timer, and then the tick
    CHECK_NOTHROW(life.io.poll());
    allocations_left = -1;
    CHECK(life.tally.ticks >= 1);
    const std::size_t ticks = life.tally.ticks;
    CHECK(life.until([&] { return life.tally.ticks > ticks; }));
}

TEST_CASE("a new beat for the ticks needs no memory") {
    Life life{-1};
    REQUIRE(life.until([&] { return life.tally.ticks > 0; }));
    allocations_left = 0;
    CHECK_NOTHROW(life.transport.tick_every(2ms));
    allocations_left = -1;
    const std::size_t before = life.tally.ticks;
    CHECK(life.until([&] { return life.tally.ticks > before + 3; }));
}
