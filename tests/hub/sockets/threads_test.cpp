// Real threads around one hub. Run under ThreadSanitizer this is the proof of "any thread".

#include "hub/rig.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("many threads publish at once: every subscriber hears every message once, each thread's in its order") {
    constexpr int threads = 4, each = 250;
    World world;
    Rig rig{world, kb::Outbox{.max_bytes = 16_MiB, .max_messages = 100'000}};
    std::vector<Client*> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(&rig.subscriber("news"));

    std::vector<std::thread> publishers;
    for (int t = 0; t < threads; ++t) {
        publishers.emplace_back([&rig, t] {
            for (int i = 0; i < each; ++i) rig.hub.publish("news", std::to_string(t) + ' ' + std::to_string(i));
        });
    }
    const bool arrived = rig.until(
        [&] { return std::ranges::all_of(clients, [](const Client* client) { return client->received().size() == threads * each; }); });
    for (auto& thread : publishers) thread.join();
    REQUIRE(arrived);

    for (Client* client : clients) {
        std::vector<int> next(threads);
        for (const auto& message : client->received()) {
            const auto thread = static_cast<std::size_t>(message.payload[0] - '0');
            CHECK(std::stoi(message.payload.substr(2)) == next.at(thread)++);
        }
    }
    CHECK(rig.hub.stats().published == threads * each);
}

TEST_CASE("threads that publish, send, close and ask for the stats do not disturb clients that come and go") {
    World world;
    Rig rig{world, kb::KeepAlive{.ping_interval = 20ms, .pong_timeout = 20ms, .max_missed_pongs = 100}};
    std::atomic<bool> done = false, fell = false;
    std::atomic<std::uint64_t> last_opened{0};
    rig.hub.on_open([&](kb::Session& session) {
        session.subscribe("news");
        last_opened = session.id().value();
    });
    rig.hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });

    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        while (!done) {
            rig.hub.publish("news", [](std::uint64_t n) { return "number " + std::to_string(n); });
            std::this_thread::yield();
        }
    });
    threads.emplace_back([&] {
        for (unsigned i = 0; !done; ++i) {
            const auto session = kb::SessionId::from_value(last_opened);
            rig.hub.send(session, "for you");
            if (i % 64 == 0) rig.hub.close(session);
            std::this_thread::yield();
        }
    });
    threads.emplace_back([&] {
        for (std::uint64_t accepted = 0; !done; std::this_thread::yield()) {
            const kb::HubStats stats = rig.hub.stats();
            if (stats.accepted < accepted) fell = true;
            accepted = stats.accepted;
        }
    });
    for (int round = 0; round < 20; ++round) {
        Client& client = world.connect();
        client.send_text("hello");
        CHECK(rig.until([&] { return client.has_ended() || !client.received().empty(); }));
        if (round % 3 == 0) client.drop();
        if (round % 3 == 1) client.close();
    }
    done = true;
    for (auto& thread : threads) thread.join();
    CHECK_FALSE(fell);
    CHECK(rig.hub.stats().accepted == 20);
}

TEST_CASE("a drain from another thread ends the loop of its own accord") {
    asio::io_context io;
    Transport server{io};
    kb::Hub hub{server};
    std::thread loop{[&] { io.run(); }};
    auto client = WsClient::open(server.port());
    hub.drain({.deadline = 5s});
    const auto close = client.read_until(0x8);
    REQUIRE(close);
    CHECK(close->close_code() == static_cast<unsigned>(kb::CloseCode::server_drain));
    client.send_close(close->close_code());
    client.read_to_end();
    client.close();
    loop.join();
    CHECK(hub.stats().sessions == 0);
    CHECK(hub.stats().closed == 1);
}
