#include "rig.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <atomic>
#include <chrono>
#include <optional>

using namespace kingbolt;
using namespace kingbolt::test;

TEST_CASE("tasks run on the loop, in the order of each thread that posts them") {
    Rig rig;
    std::vector<int> seen[4];
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 500; ++i)
                rig.transport.post([&, t, i] {
                    if (rig.transport.in_loop()) seen[t].push_back(i);
                });
        });
    }
    for (auto& thread : threads) thread.join();
    rig.in_loop([] {});
    for (const auto& list : seen) {
        CHECK(list.size() == 500);
        CHECK(std::ranges::is_sorted(list));
    }
    CHECK(!rig.transport.in_loop());
}

TEST_CASE("in_loop holds for nobody before the loop has run, then inside it, and afterwards for its thread") {
    asio::io_context io;
    TransportUnderTest transport{io};
    Recorder recorder;
    CHECK_FALSE(transport.in_loop());
    transport.attach(recorder);
    CHECK_FALSE(transport.in_loop());
    transport.post([&] { CHECK(transport.in_loop()); });
    io.poll();
    CHECK(transport.in_loop());
    bool elsewhere = true;
    std::thread{[&] { elsewhere = transport.in_loop(); }}.join();
    CHECK(!elsewhere);
}

TEST_CASE("a turn ends once, after what was already due") {
    asio::io_context io;
    TransportUnderTest transport{io};
    Recorder recorder;
    std::vector<std::string> order;
    recorder.turn_ended = [&] { order.emplace_back("turn end"); };
    transport.attach(recorder);
    transport.post([&] {
        order.emplace_back("first");
        transport.end_turn_soon();
        transport.end_turn_soon();
    });
    transport.post([&] {
        order.emplace_back("second");
        transport.end_turn_soon();
    });
    io.poll();
    CHECK(order == std::vector<std::string>{"first", "second", "turn end"});
    io.restart();
    transport.end_turn_soon();
    io.poll();
    CHECK(order.size() == 4);
}

TEST_CASE("ticks come at their period until they are stopped") {
    asio::io_context io;
    TransportUnderTest transport{io};
    Recorder recorder;
    int ticks = 0;
    recorder.ticked = [&] {
        if (++ticks == 5) transport.tick_every({});
    };
    transport.attach(recorder);
    transport.stop_accepting();
    const auto begin = WaitClock::now();
    transport.tick_every(10ms);
    io.run_for(patience);
    CHECK(ticks == 5);
    CHECK(WaitClock::now() - begin >= 50ms);
    // Nothing was left to do: run_for came back by itself.
    CHECK(WaitClock::now() - begin < patience);
}

TEST_CASE("a new period takes the place of the old one, and ticks missed in a stall stay missed") {
    asio::io_context io;
    TransportUnderTest transport{io};
    Recorder recorder;
    int ticks = 0;
    recorder.ticked = [&] { ++ticks; };
    transport.attach(recorder);
    transport.tick_every(1ms);
    std::this_thread::sleep_for(20ms);  // the loop is frozen
    transport.tick_every(1h);           // a tick is due already, and taken back
    io.poll();
    CHECK(ticks == 0);

    transport.tick_every(10ms);
    std::this_thread::sleep_for(100ms);
    io.poll();
    CHECK(ticks <= 2);
    CHECK(ticks >= 1);
}

TEST_CASE("the loop ends when nobody is accepted, nobody is left and nothing ticks") {
    asio::io_context io;
    TransportUnderTest transport{io};
    Recorder recorder;
    transport.attach(recorder);
    transport.tick_every(10ms);
    std::thread loop{[&] { io.run(); }};
    auto client = WsClient::open(transport.port());
    REQUIRE(recorder.wait_for("0 opened"));
    transport.post([&] {
        transport.stop_accepting();
        transport.tick_every({});
    });
    client.send_close(1000);
    REQUIRE(client.read_until(0x8));
    client.close();
    loop.join();
    CHECK(recorder.lines().back() == "0 closed client_close");
    CHECK(RawSocket::listen().port() != transport.port());
}

TEST_CASE("after detach nothing is reported, tasks are dropped, and every socket is closed") {
    asio::io_context io;
    Recorder recorder;
    std::optional<TransportUnderTest> transport{std::in_place, io};
    transport->attach(recorder);
    transport->tick_every(1ms);
    auto guard = asio::make_work_guard(io);
    std::thread loop{[&] { io.run(); }};
    std::vector<WsClient> clients;
    for (int i = 0; i < 5; ++i) clients.push_back(WsClient::open(transport->port()));
    WsClient silent{transport->port()};
    REQUIRE(recorder.wait_for("4 opened"));
    REQUIRE(recorder.wait_for("5 accepted 127.0.0.1"));
    // One lingers, one has a write in flight, one is being aborted, one closes.
    clients[0].send({.opcode = 0x3});
    REQUIRE(clients[0].read_until(0x8));
    std::atomic<bool> ran = false;
    std::promise<std::vector<std::string>> promise;
    const bool destroy = GENERATE(false, true);
    asio::post(io, [&] {
        recorder.command(1, [](Connection& connection) {
            const Frame frame = Frame::encode(Opcode::binary, std::string(20'000'000, 'x'));
            connection.write({&frame, 1});
        });
        recorder.command(2, [](Connection& connection) { connection.abort(); });
        recorder.command(3, [](Connection& connection) { connection.close(CloseCode::come_back, ""); });
        transport->post([&] { ran = true; });
        transport->end_turn_soon();
        destroy ? transport.reset() : transport->detach();
        promise.set_value(recorder.lines());
    });
    auto future = promise.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    const auto before = future.get();
    for (auto& client : clients) CHECK(client.read_to_end() != Read::timeout);
    CHECK(silent.read_to_end() != Read::timeout);
    guard.reset();
    loop.join();
    CHECK(recorder.lines() == before);
    CHECK(!ran);
}

TEST_CASE("a transport may be detached, and then destroyed, while it tells of a message") {
    asio::io_context io;
    Recorder recorder;
    std::optional<TransportUnderTest> transport{std::in_place, io};
    recorder.message = [&](Connection&, Message) {
        transport->detach();
        transport.reset();
    };
    transport->attach(recorder);
    std::thread loop{[&] { io.run(); }};
    auto client = WsClient::open(transport->port());
    client.send_text("the last");
    CHECK(client.read_to_end() != Read::timeout);
    loop.join();
    CHECK(recorder.lines().back() == "0 text the last");
}

TEST_CASE("a transport may go before its loop has run, and its loop before its connections") {
    Recorder recorder;
    {
        asio::io_context io;
        TransportUnderTest transport{io};
        transport.attach(recorder);
        transport.tick_every(1ms);
        transport.end_turn_soon();
    }
    {
        asio::io_context io;
        TransportUnderTest transport{io};
        transport.attach(recorder);
        WsClient client{transport.port()};
        std::thread peer{[&] { client.send_raw(WsClient::upgrade_request({})); }};
        while (recorder.count("0 opened") == 0) io.run_one_for(patience);
        peer.join();
        transport.detach();
        // What is still queued goes with the io_context.
    }
    CHECK(recorder.count("0 opened") == 1);
}
