// What a client may ask of the hub, and what all may together.

#include "hub/rig.hpp"

#include <string>

namespace kb = kingbolt;
using namespace kingbolt::test;
using namespace kingbolt::event;

TEST_CASE("a flood of pings closes, and those within the limit are answered") {
    World world;
    Rig rig{world, kb::ClientLimits{.control_frames_per_second = 10, .control_frame_burst = 20}};
    auto& polite = rig.open();
    auto& flood = rig.open();
    for (int i = 0; i < 30; ++i) {
        polite.ping();
        for (int k = 0; k < 30; ++k) flood.ping();
        world.run_for(100ms);
    }
    CHECK(rig.closed(flood).cause == kb::Cause::rate_limited);
    CHECK(polite.is_open());
    CHECK(polite.pongs_received() == 30);
    REQUIRE(rig.journal.template count<LimitExceeded>() == 1);
    CHECK(rig.journal.template of<LimitExceeded>()[0].limit == kb::Limit::control_frames);
}

TEST_CASE("pongs that nobody asked for are a flood too, and those that were asked for are none") {
    World world;
    Rig rig{world, kb::KeepAlive{.ping_interval = 10ms, .pong_timeout = 5ms},
            kb::ClientLimits{.control_frames_per_second = 1, .control_frame_burst = 3}};
    auto& polite = rig.open({.latency = 0ms});
    auto& flood = rig.open();
    for (int i = 0; i < 10; ++i) flood.pong("heartbeat");
    world.run_for(2s);
    CHECK(rig.closed(flood).cause == kb::Cause::rate_limited);
    CHECK(polite.is_open());
}

TEST_CASE("bytes are bounded as messages are") {
    World world;
    Rig rig{world, kb::ClientLimits{.bytes_per_second = 1'000, .byte_burst = 10'000}};
    auto& client = rig.open();
    client.send_text(std::string(9'000, 'x'));
    world.run_for(5s);
    client.send_text(std::string(5'000, 'x'));
    REQUIRE(rig.until_messages_in(2));
    CHECK(client.is_open());
    client.send_text(std::string(5'000, 'x'));
    CHECK(rig.closed(client).cause == kb::Cause::rate_limited);
}

TEST_CASE("a throttled client is made to wait by TCP, loses nothing, and gets no more than its rate") {
    World world;
    Rig rig{world, kb::RateLimiter{.per_second = 10, .burst = 10}, kb::ClientLimits{.on_excess = kb::OnExcess::throttle}};
    std::vector<std::string> heard;
    rig.hub.on_message([&](kb::Session&, kb::Message message) { heard.emplace_back(message.text()); });
    auto& client = rig.open();
    for (int i = 0; i < 110; ++i) client.send_text(std::to_string(i));
    world.run_for(5s);
    CHECK(heard.size() >= 55);
    CHECK(heard.size() <= 62);
    CHECK(client.is_open());
    world.run_for(6s);
    REQUIRE(heard.size() == 110);
    for (int i = 0; i < 110; ++i) CHECK(heard[static_cast<std::size_t>(i)] == std::to_string(i));
    const auto told = rig.journal.template of<LimitExceeded>();
    REQUIRE_FALSE(told.empty());
    CHECK(told.size() <= 12);  // once a second
    CHECK(told[0].action == kb::OnExcess::throttle);
    client.send_text("as if nothing had been");
    CHECK(rig.until_messages_in(111));
}

TEST_CASE("bytes throttle as messages do") {
    World world;
    Rig rig{world, kb::ClientLimits{.bytes_per_second = 10'000, .byte_burst = 10'000, .on_excess = kb::OnExcess::throttle}};
    auto& client = rig.open();
    for (int i = 0; i < 60; ++i) client.send_text(std::string(1'000, 'x'));
    world.run_for(3s);
    const auto early = rig.hub.stats().messages_in;
    CHECK(early >= 36);
    CHECK(early <= 44);
    world.run_for(3s);
    CHECK(rig.hub.stats().messages_in == 60);
    CHECK(client.is_open());
}

TEST_CASE("a debt of more than a minute is paid off before a throttled client is read again") {
    World world;
    Rig rig{world, kb::ClientLimits{.bytes_per_second = 1'000, .byte_burst = 1'000, .on_excess = kb::OnExcess::throttle}};
    auto& client = rig.open();
    client.send_text(std::string(301'000, 'x'));
    client.send_text("x");
    world.run_for(295s);
    CHECK(rig.hub.stats().messages_in == 1);
    CHECK(client.is_open());
    world.run_for(10s);
    CHECK(rig.hub.stats().messages_in == 2);
}

TEST_CASE("a throttled client can be closed, and can leave") {
    World world;
    Rig rig{world, kb::RateLimiter{.per_second = 0.1, .burst = 1}, kb::ClientLimits{.on_excess = kb::OnExcess::throttle}};
    auto& sent_away = rig.open();
    auto& leaving = rig.open();
    for (auto* client : {&sent_away, &leaving}) {
        for (int i = 0; i < 5; ++i) client->send_text("x");
    }
    world.run_for(1s);
    rig.hub.close(rig.id(sent_away));
    CHECK(rig.closed(sent_away).cause == kb::Cause::application_close);
    leaving.reset();
    CHECK(rig.closed(leaving).cause == kb::Cause::reset_by_peer);
    world.run_for(std::chrono::minutes{2});
}

TEST_CASE("where limits only warn, and in a dry run, everything passes and is reported") {
    World world;
    const auto limits = GENERATE(kb::ClientLimits{.max_subscriptions = 1'000, .on_excess = kb::OnExcess::warn},
                                 kb::ClientLimits{.max_subscriptions = 2, .on_excess = kb::OnExcess::close, .dry_run = true});
    Rig rig{world, kb::RateLimiter{.per_second = 1, .burst = 1}, limits};
    auto& client = rig.open();
    for (int i = 0; i < 50; ++i) client.send_text("x");
    REQUIRE(rig.until_messages_in(50));
    CHECK(client.is_open());
    REQUIRE(rig.journal.template count<LimitExceeded>() == 1);
    CHECK(rig.journal.template of<LimitExceeded>()[0].action == kb::OnExcess::warn);
    CHECK(rig.hub.stats().limits_exceeded == 49);
    for (const char* topic : {"a", "b", "c"}) CHECK_FALSE(rig.session(client).subscribe(topic));
}

TEST_CASE("in a dry run a client that sends on after its close has until the deadline") {
    World world;
    Rig rig{world, kb::Deadlines{.close = 5s}, kb::ClientLimits{.bytes_after_close = 1, .dry_run = true}};
    auto& client = rig.open({.answers_close = false});
    rig.hub.close(rig.id(client), kb::CloseCode::do_not_come_back);
    world.run_for(1s);
    client.send_text("and another thing");
    world.run_for(3s);
    CHECK(rig.journal.template count<Closed>() == 0);
    CHECK(rig.closed(client).detail.find("sent more") == std::string::npos);
}

TEST_CASE("a client has as many subscriptions as it may") {
    World world;
    Rig rig{world, kb::ClientLimits{.max_subscriptions = 2}};
    auto& session = rig.session(rig.open());
    CHECK_FALSE(session.subscribe("a"));
    CHECK_FALSE(session.subscribe("b"));
    CHECK(session.subscribe("c") == kb::Errc::too_many_subscriptions);
    session.unsubscribe("a");
    CHECK_FALSE(session.subscribe("c"));
    CHECK(rig.journal.template of<LimitExceeded>()[0].limit == kb::Limit::subscriptions);
}

namespace {

/// Clients that read nothing, while news is published to all.
template <class Rig>
std::vector<Client*> deaf_subscribers(Rig& rig, int count) {
    std::vector<Client*> clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(&rig.open({.receive_buffer = 4_KiB}));
        REQUIRE_FALSE(rig.session(*clients.back()).subscribe("news"));
        clients.back()->stop_reading();
    }
    return clients;
}

}  // namespace

TEST_CASE("when memory is short, queues give way to newer messages before anybody has to go") {
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world, kb::MemoryBudget{.max_bytes = 1_MiB, .shed_above = 0.5, .evict_above = 1}, kb::NoKeepAlive{},
            kb::Outbox{.max_bytes = 512_KiB, .max_messages = 10'000}};
    const auto clients = deaf_subscribers(rig, 4);
    for (int i = 0; i < 1'000; ++i) {
        rig.hub.publish("news", std::string(1'000, 'x'), {.key = 1});
        world.run_for(10ms);
        CHECK(rig.hub.stats().queued_bytes < 600'000);
    }
    CHECK(rig.hub.stats().open_sessions == 4);
    CHECK(rig.hub.stats().messages_dropped > 0);
    const auto told = rig.journal.template of<MemoryPressure>();
    REQUIRE_FALSE(told.empty());
    CHECK(told[0].high);
    for (Client* client : clients) client->resume_reading();
    REQUIRE(rig.until([&] { return rig.hub.stats().queued_bytes == 0; }));
    CHECK_FALSE(rig.journal.template of<MemoryPressure>().back().high);
}

TEST_CASE("when that is not enough, those to whom most is owed are sent away, and nobody else") {
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world, kb::MemoryBudget{.max_bytes = 1_MiB}, kb::NoKeepAlive{}, kb::Outbox{.max_bytes = 10_MiB, .max_messages = 100'000}};
    const auto clients = deaf_subscribers(rig, 3);
    auto& reader = rig.subscriber("news");
    rig.hub.send(rig.id(*clients[0]), std::string(100'000, 'x'));
    rig.hub.send(rig.id(*clients[1]), std::string(600'000, 'x'));
    rig.hub.send(rig.id(*clients[2]), std::string(200'000, 'x'));
    world.run_for(1s);
    CHECK(rig.hub.stats().open_sessions == 4);
    rig.hub.send(rig.id(*clients[0]), std::string(150'000, 'x'));
    world.run_for(1s);
    CHECK(rig.roll.end_of(rig.id(*clients[1])) == std::nullopt);  // it does not read its Close either
    CHECK(rig.hub.find(rig.id(*clients[1])) == nullptr);
    CHECK(rig.hub.find(rig.id(*clients[0])) != nullptr);
    CHECK(rig.hub.find(rig.id(*clients[2])) != nullptr);
    CHECK(reader.is_open());
    CHECK(rig.closed(*clients[1]).cause == kb::Cause::hub_overloaded);
}

TEST_CASE("messages that never become whole count too, and requests likewise") {
    World world;
    Rig rig{world, kb::MemoryBudget{.max_bytes = 1_MiB}, kb::NoKeepAlive{}, kb::Deadlines{.handshake = 1h}};
    std::vector<Client*> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(&rig.open());
        clients.back()->send_fragment(kb::Opcode::binary, std::string(200'000, 'x'), false);
        world.run_for(1s);
    }
    CHECK(rig.hub.stats().held_bytes == 800'000);
    CHECK(rig.hub.stats().open_sessions == 4);
    clients[2]->send_fragment(kb::Opcode::continuation, std::string(210'000, 'x'), false);
    CHECK(rig.closed(*clients[2]).cause == kb::Cause::hub_overloaded);
    world.run_for(1s);
    CHECK(rig.hub.stats().open_sessions == 3);
    CHECK(rig.hub.stats().held_bytes == 600'000);
    clients[0]->send_fragment(kb::Opcode::continuation, "the end", true);
    REQUIRE(rig.until_messages_in(1));
    world.run_for(1s);
    CHECK(rig.hub.stats().held_bytes == 400'000);
    auto& half = world.connect({.handshake = kb::testing::Handshake::half});
    world.run_for(1s);
    CHECK(rig.hub.stats().held_bytes > 400'000);
    half.drop();
    world.run_for(1s);
    CHECK(rig.hub.stats().held_bytes == 400'000);
}

TEST_CASE("half-open handshakes that fill the budget go before those who owe less") {
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world, kb::MemoryBudget{.max_bytes = 1_MiB}, kb::NoKeepAlive{}, kb::Deadlines{.handshake = 1h}};
    const auto readers = deaf_subscribers(rig, 5);
    rig.hub.publish("news", std::string(10'000, 'x'));
    std::string head = "GET / HTTP/1.1\r\n";
    while (head.size() < 15'000) head += "X: " + std::string(200, 'x') + "\r\n";
    for (int i = 0; i < 80; ++i) {
        world.connect({.handshake = kb::testing::Handshake::silent}).send_raw(head);
        world.run_for(5ms);
    }
    world.run_for(1s);
    CHECK(rig.journal.template count<Closed>() > 0);
    for (const Closed& end : rig.journal.template of<Closed>()) CHECK(end.cause == kb::Cause::hub_overloaded);
    for (const Client* reader : readers) CHECK(rig.hub.find(rig.id(*reader)) != nullptr);
    CHECK(rig.hub.stats().held_bytes < 1_MiB);
}

TEST_CASE("who is sent away for taking up too much costs nobody else the place, however long it takes to leave") {
    World world;
    Rig rig{world, kb::MemoryBudget{.max_bytes = 1_MiB}, kb::NoKeepAlive{}};
    auto& greedy = rig.open({.answers_close = false});
    std::vector<Client*> others;
    for (int i = 0; i < 5; ++i) {
        others.push_back(&rig.open());
        others.back()->send_fragment(kb::Opcode::binary, std::string(100, 'x'), false);
    }
    greedy.send_fragment(kb::Opcode::binary, std::string(1'040'000, 'x'), false);
    world.run_for(4s);
    CHECK(rig.hub.find(rig.id(greedy)) == nullptr);
    CHECK(rig.closed(greedy).cause == kb::Cause::hub_overloaded);
    for (const Client* other : others) CHECK(other->is_open());
}

TEST_CASE("who is made to wait is not taken for dead") {
    World world;
    Rig rig{world, kb::KeepAlive{.ping_interval = 1s, .pong_timeout = 500ms}, kb::RateLimiter{.per_second = 10, .burst = 10},
            kb::ClientLimits{.on_excess = kb::OnExcess::throttle}};
    auto& client = rig.open();
    for (int i = 0; i < 200; ++i) client.send_text(std::string(1'000, 'x'));
    world.run_for(30s);
    CHECK(client.is_open());
    CHECK(rig.hub.stats().messages_in == 200);
    client.answer_pings(false);
    CHECK(rig.closed(client).cause == kb::Cause::pong_timeout);
}

TEST_CASE("limits out of their range are refused by name") {
    const auto complaint = [](const auto& policy) -> std::string {
        try {
            policy.validate();
        } catch (const kb::InvalidOption& error) {
            return error.option();
        }
        return "none";
    };
    CHECK(complaint(kb::ClientLimits{}) == "none");
    CHECK(complaint(kb::ClientLimits{.bytes_per_second = 0.5}) == "ClientLimits.bytes_per_second");
    CHECK(complaint(kb::ClientLimits{.byte_burst = 0}) == "ClientLimits.byte_burst");
    CHECK(complaint(kb::ClientLimits{.control_frames_per_second = -1}) == "ClientLimits.control_frames_per_second");
    CHECK(complaint(kb::ClientLimits{.control_frame_burst = 0}) == "ClientLimits.control_frame_burst");
    CHECK(complaint(kb::ClientLimits{.max_subscriptions = 0}) == "ClientLimits.max_subscriptions");
    CHECK(complaint(kb::ClientLimits{.bytes_after_close = 0}) == "ClientLimits.bytes_after_close");
    CHECK(complaint(kb::MemoryBudget{}) == "none");
    CHECK(complaint(kb::MemoryBudget{.max_bytes = 1}) == "MemoryBudget.max_bytes");
    CHECK(complaint(kb::MemoryBudget{.shed_above = 0.99}) == "MemoryBudget.shed_above");
    CHECK(complaint(kb::MemoryBudget{.evict_above = 1.1}) == "MemoryBudget.evict_above");
}
