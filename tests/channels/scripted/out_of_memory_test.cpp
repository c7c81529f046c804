// Channels whose N-th allocation fails, for every N.

#include "channels/scripted/scripted_channels.hpp"
#include "support/catch.hpp"
#include "support/failing_allocator.hpp"

#include <new>
#include <string>
#include <utility>

namespace kb = kingbolt;
using kb::test::allocation_failed;
using kb::test::allocations_in_use;
using kb::test::allocations_left;
using kb::test::for_every_allocation;
using Connection = kb::test::ScriptedTransport::Connection;

namespace {

struct Life : kb::test::ScriptedChannels<kb::Outbox> {
    explicit Life(std::string epoch = "k", kb::Outbox outbox = {}) : ScriptedChannels{{.epoch = std::move(epoch)}, outbox} {}

    /// Does `work`, in which the allocation number `n` fails.
    template <class Work>
    static void lacking(long n, Work&& work) {
        allocations_left = n;
        work();
        allocations_left = -1;
    }
};

}  // namespace

TEST_CASE("the n-th allocation of a subscription with presence fails: one session ends, and the room is as it was") {
    const long tried = for_every_allocation([](long n) {
        Life life;
        life.channels->configure("chat.*", {.presence = true});
        Connection& watcher = life.transport.open();
        life.say(watcher, {R"({"type":"subscribe","topic":"chat.a-lobby-with-a-long-name","presence":true})"});
        life.tick();
        life.take_all(watcher);
        watcher.frames.clear();

        Connection& client = life.transport.open();
        Life::lacking(n, [&] {
            life.transport.read(client, {R"({"type":"subscribe","id":1,"topic":"chat.a-lobby-with-a-long-name","presence":true})"});
        });
        life.take_all(client);
        const bool goes_on = life.hub.find(client.id) != nullptr;
        life.tick();
        life.take_all(watcher);
        if (goes_on) life.transport.close(client);
        life.tick();
        life.take_all(watcher);
        // Whoever could not be told of the other ends, instead of the other.
        const bool watches = life.hub.find(watcher.id) != nullptr;
        CHECK((watches || goes_on));
        if (!goes_on) life.transport.close(client);
        // Who was said to have joined is also said to have left, and nobody else.
        if (watches) CHECK(Life::has_heard(watcher, R"("joined":[{)") == Life::has_heard(watcher, R"("left":[")"));
        // The room is as it was: who comes next finds the watcher alone.
        Connection& next = life.transport.open();
        life.say(next, {R"({"type":"subscribe","topic":"chat.a-lobby-with-a-long-name","presence":true})"});
        CHECK_FALSE(Life::has_heard(next, '"' + kb::session_name(client.id) + '"'));
        life.transport.close(next);
        life.transport.close(watcher);
    });
    CHECK(tried > 1);
}

TEST_CASE("no memory at a tick: presence is told at the next") {
    const long tried = for_every_allocation([](long n) {
        Life life;
        life.channels->configure("*", {.presence = true});
        Connection& watcher = life.transport.open();
        for (const char* topic : {"a", "b"})
            life.say(watcher, {R"({"type":"subscribe","topic":")" + std::string{topic} + R"(","presence":true})"});
        Connection& second = life.transport.open();
        life.say(second, {R"({"type":"subscribe","topic":"b","presence":true})"});
        life.tick();
        life.take_all(watcher);
        life.take_all(second);
        Connection& client = life.transport.open();
        life.say(client, {R"({"type":"subscribe","topic":"a"})", R"({"type":"subscribe","topic":"b"})"});

        Life::lacking(n, [&] { life.transport.events->on_tick(); });
        for (int i = 0; i < 2; ++i) {
            life.take_all(watcher);
            life.take_all(second);
            life.tick();
        }
        // Or it has to begin afresh.
        const std::string joined = R"(","joined":[{"session":")" + kb::session_name(client.id);
        if (life.hub.find(watcher.id) != nullptr) {
            CHECK(Life::has_heard(watcher, R"("topic":"a)" + joined));
            CHECK(Life::has_heard(watcher, R"("topic":"b)" + joined));
        }
        if (life.hub.find(second.id) != nullptr) CHECK(Life::has_heard(second, R"("topic":"b)" + joined));
        for (Connection* connection : {&client, &watcher, &second}) life.transport.close(*connection);
    });
    CHECK(tried > 1);
}

TEST_CASE("no memory while a topic is forgotten: no number is given twice in one epoch") {
    const std::string topic = "agents.a-topic-with-a-long-name.7";
    const long tried = for_every_allocation([&](long n) {
        Life life{"an-epoch-of-28-characters-xx"};
        life.channels->publish(topic, "n", "1");
        life.transport.end_turn();
        Life::lacking(n, [&] {
            try {
                life.channels->forget(topic);
            } catch (const std::bad_alloc&) {
            }
        });
        Connection& client = life.transport.open();
        life.hub.find(client.id)->subscribe("agents.*");
        life.channels->publish(topic, "n", "2");
        life.take_all(client);
        CHECK(Life::has_heard(client, allocation_failed ? R"("epoch":"an-epoch-of-28-characters-xx","seq":2)"
                                                        : R"("epoch":"an-epoch-of-28-characters-xx-1","seq":1)"));
        life.transport.close(client);
    });
    CHECK(tried > 1);
}

TEST_CASE("a call for which memory was lacking half-way is off the list") {
    const long tried = for_every_allocation([](long n) {
        Life life;
        life.channels->method("forgets", [](const kb::Call&) {});
        // An application that has another word for it than the end of the session.
        life.hub.on_message([&](kb::Session& session, kb::Message message) {
            try {
                life.channels->receive(session, message);
            } catch (const std::bad_alloc&) {
                allocations_left = -1;
            }
        });
        Connection& client = life.transport.open();
        Life::lacking(n, [&] { life.transport.read(client, {R"({"type":"call","id":1,"method":"forgets"})"}); });
        life.take_all(client);
        life.tick(std::chrono::seconds{40});
        if (life.hub.find(client.id) != nullptr) {
            life.say(client, {R"({"type":"call","id":1,"method":"forgets"})"});
            CHECK_FALSE(Life::has_heard(client, "duplicate_id"));
        }
        life.transport.close(client);
    });
    CHECK(tried > 1);
}

TEST_CASE("nothing is kept of a client that was cut while it was told of its malformed message") {
    Life life{"k", {.max_messages = 2}};
    const auto cut = [&] {
        Connection& client = life.transport.open();
        for (int i = 0; i < 20 && life.hub.find(client.id) != nullptr; ++i) {
            life.transport.read(client, {"{", R"({"type":"ping"})", "{", R"({"type":"ping"})", "{"});
            life.transport.end_turn();
        }
        CHECK(life.hub.find(client.id) == nullptr);
        life.transport.close(client);
        life.transport.connections.pop_back();
    };
    for (int i = 0; i < 10; ++i) cut();
    const long before = allocations_in_use;
    for (int i = 0; i < 100; ++i) cut();
    CHECK(allocations_in_use.load() < before + 50);
}
