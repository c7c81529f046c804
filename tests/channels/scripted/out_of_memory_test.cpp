// Channels whose N-th allocation fails, for every N.

#include "hub/scripted/scripted_transport.hpp"
#include "support/catch.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/protocol/json.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>

namespace kb = kingbolt;
using namespace std::chrono_literals;
using kb::test::ScriptedTransport;
using Connection = ScriptedTransport::Connection;

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

struct Life {
    explicit Life(std::string epoch = "k") : hub{transport, clock}, channels{hub, kb::protocol::Json{}, {.epoch = std::move(epoch)}} {}

    void take_all(Connection& connection) {
        do transport.end_turn();
        while (connection.in_flight > 0 && (transport.written(connection, connection.in_flight), true));
    }
    void say(Connection& connection, std::initializer_list<std::string_view> messages) {
        transport.read(connection, messages);
        take_all(connection);
    }
    void tick() {
        clock.advance(100ms);
        transport.events->on_tick();
    }
    /// Does `work`, in which the allocation number `n` fails.
    template <class Work>
    static void lacking(long n, Work&& work) {
        allocations_left = n;
        work();
        allocations_left = -1;
    }
    static bool has_heard(const Connection& connection, std::string_view words) {
        std::string all;
        for (const kb::Frame& frame : connection.frames)
            all.append(reinterpret_cast<const char*>(frame.wire().data()), frame.wire().size());
        return all.find(words) != std::string::npos;
    }

    ScriptedTransport transport;
    kb::testing::ManualClock clock;
    kb::Hub<ScriptedTransport, kb::testing::ManualClock&> hub;
    kb::Channels<decltype(hub), kb::protocol::Json> channels;
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
    CHECK(n > 3);
}

}  // namespace

TEST_CASE("the n-th allocation of a subscription with presence fails: one session ends, and the room is as it was") {
    for_every_allocation([](long n) {
        Life life;
        life.channels.configure("chat.*", {.presence = true});
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
        life.channels.configure("*", {.presence = true});
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
