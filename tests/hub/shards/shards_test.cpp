// Hubs on threads of their own, at one port. Under ThreadSanitizer this is the proof that they share nothing but the backplane.

#include "support/catch.hpp"
#include "support/ws_client.hpp"

#include <kingbolt/backplane/shards.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/transport/native.hpp>

#include <asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace kb = kingbolt;
using namespace kb::test;
using namespace kb::literals;

namespace {

/// One hub, its transport and its loop.
class Shard {
public:
    Shard(kb::backplane::Shards& shards, std::uint16_t port)
        : server_{io_, {.port = port, .reuse_port = true}}, hub{server_, shards, kb::Outbox{.max_bytes = 16_MiB, .max_messages = 100'000}} {
        hub.on_open([](kb::Session& client) { client.subscribe("news"); });
        hub.on_message([this](kb::Session&, kb::Message message) { hub.publish("news", message); });
    }
    void start() {
        loop_ = std::thread{[this] { io_.run(); }};
    }
    void stop() {
        hub.drain({.deadline = std::chrono::seconds{1}});
        loop_.join();
    }
    std::uint16_t port() const { return server_.port(); }

private:
    asio::io_context io_;
    kb::transport::Native<> server_;
    std::thread loop_;

public:
    kb::Hub<kb::transport::Native<>, kb::backplane::Shards&, kb::Outbox> hub;
};

}  // namespace

TEST_CASE("clients of one port, spread over two hubs, hear whatever threads and clients publish, all in the same order") {
    constexpr int publishers = 2, each = 300;
    kb::backplane::Shards shards;
    Shard one{shards, 0}, other{shards, one.port()};
    one.start();
    other.start();

    std::vector<std::unique_ptr<WsClient>> clients;
    const auto served = [](const Shard& shard) { return shard.hub.stats().opened; };
    // The kernel chooses by the client's port: a hundred in a row to one hub do not happen.
    while (clients.size() < 4 || (clients.size() < 100 && (served(one) == 0 || served(other) == 0)))
        clients.push_back(std::make_unique<WsClient>(WsClient::open(one.port())));
    const auto deadline = WaitClock::now() + patience;
    while (served(one) + served(other) < clients.size() && WaitClock::now() < deadline) std::this_thread::yield();
    REQUIRE(served(one) > 0);
    REQUIRE(served(other) > 0);

    std::vector<std::thread> threads;
    for (int p = 0; p < publishers; ++p) {
        threads.emplace_back([&, p] {
            auto& hub = p == 0 ? one.hub : other.hub;
            for (int i = 0; i < each; ++i) hub.publish("news", std::to_string(p) + ' ' + std::to_string(i));
        });
    }
    for (int i = 0; i < each; ++i) clients.front()->send_text(std::to_string(publishers) + ' ' + std::to_string(i));
    for (auto& thread : threads) thread.join();

    std::vector<std::string> first;
    for (const auto& client : clients) {
        std::vector<std::string> heard;
        while (heard.size() < (publishers + 1) * each) {
            const auto frame = client->read_until(0x1);
            REQUIRE(frame);
            heard.push_back(frame->payload);
        }
        if (first.empty()) first = heard;
        CHECK(heard == first);
    }
    std::vector<int> next(publishers + 1);
    for (const auto& text : first) CHECK(std::stoi(text.substr(2)) == next.at(static_cast<std::size_t>(text[0] - '0'))++);

    for (const auto& client : clients) client->close();
    one.stop();
    other.stop();
    CHECK(one.hub.stats().published == (publishers + 1) * each);
    CHECK(other.hub.stats().published == (publishers + 1) * each);
}
