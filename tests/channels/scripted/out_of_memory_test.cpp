// Channels whose N-th allocation fails, for every N.

#include "channels/scripted/scripted_channels.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <new>
#include <string>
#include <utility>

namespace kb = kingbolt;
using Connection = kb::test::ScriptedTransport::Connection;

namespace {

/// How many more allocations succeed; negative: all.
long allocations_left = -1;
bool failed = false;
long in_use = 0;  ///< how many have not been freed

}  // namespace

// NOLINTBEGIN: the global allocator of this one executable. Not inlined: where only one of a pair is, g++ 12 takes new and free
// for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    if (allocations_left == 0) {
        allocations_left = -1;
        failed = true;
        return nullptr;
    }
    if (allocations_left > 0) --allocations_left;
    ++in_use;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new[](std::size_t size) { return operator new(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    if (memory != nullptr) --in_use;
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { operator delete(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { operator delete(memory); }
// NOLINTEND

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

/// `life(n)` for every n, until no allocation is left to fail.
template <class OneLife>
void for_every_allocation(OneLife&& one_life) {
    long n = 0;
    for (failed = true; failed; ++n) {
        failed = false;
        CAPTURE(n);
        one_life(n);
    }
    CHECK(n > 1);
}

}  // namespace

TEST_CASE("the n-th allocation of a subscription with presence fails: one session ends, and the room is as it was") {
    for_every_allocation([](long n) {
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
}

TEST_CASE("no memory at a tick: presence is told at the next") {
    for_every_allocation([](long n) {
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
}

TEST_CASE("no memory while a topic is forgotten: no number is given twice in one epoch") {
    const std::string topic = "agents.a-topic-with-a-long-name.7";
    for_every_allocation([&](long n) {
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
        CHECK(Life::has_heard(
            client, failed ? R"("epoch":"an-epoch-of-28-characters-xx","seq":2)" : R"("epoch":"an-epoch-of-28-characters-xx-1","seq":1)"));
        life.transport.close(client);
    });
}

TEST_CASE("a call for which memory was lacking half-way is off the list") {
    for_every_allocation([](long n) {
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
    const long before = in_use;
    for (int i = 0; i < 100; ++i) cut();
    CHECK(in_use < before + 50);
}
