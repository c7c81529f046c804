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
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new[](std::size_t size) { return operator new(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
// NOLINTEND

namespace {

struct Life : kb::test::ScriptedChannels<> {
    explicit Life(std::string epoch = "k") : ScriptedChannels{{.epoch = std::move(epoch)}} {}

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
