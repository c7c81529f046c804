// What gives way when a client reads more slowly than messages come.

#include "hub/meddler.hpp"
#include "hub/rig.hpp"

#include <kingbolt/testing/journal.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using namespace kingbolt::event;
using kb::WhenFull;
using Numbers = std::vector<std::uint64_t>;

namespace {

/// 1,000 bytes that begin with the sequence number.
std::string numbered(std::uint64_t sequence) {
    std::string text = std::to_string(sequence);
    text.resize(1000, ' ');
    return text;
}

Numbers numbers_of(const std::vector<kb::testing::Received>& messages) {
    Numbers numbers;
    for (const auto& message : messages) numbers.push_back(std::stoull(message.payload));
    return numbers;
}

/// A subscriber of "news" whose kernel buffers, 8 KiB in all, are full, and so is its outbox of 16 messages up to `most`.
struct SlowReader {
    explicit SlowReader(kb::Outbox outbox) : rig{world, outbox} {
        outbox.validate();
        REQUIRE_FALSE(rig.session(peer).subscribe("news"));
        peer.stop_reading();
    }
    void publish(int n, std::uint64_t key = 0) {
        for (int i = 0; i < n; ++i) rig.hub.publish("news", numbered, {.key = key});
        world.run_for(10ms);
    }
    /// All that the peer gets once it reads again.
    Numbers read() {
        peer.resume_reading();
        world.run_for(1s);
        return numbers_of(peer.take_messages());
    }
    Numbers dropped() {
        Numbers numbers;
        for (const auto& e : rig.journal.of<Dropped>()) {
            CHECK(e.session == rig.id(peer));
            CHECK(e.topic == "news");
            numbers.push_back(e.sequence);
        }
        return numbers;
    }

    World world{{.send_buffer = 4_KiB}};
    Rig<kb::Outbox> rig;
    Client& peer = rig.open({.receive_buffer = 4_KiB});
};

Numbers from_to(std::uint64_t first, std::uint64_t last) {
    Numbers numbers;
    for (std::uint64_t n = first; n <= last; ++n) numbers.push_back(n);
    return numbers;
}
/// What was published and not dropped.
Numbers without(const Numbers& all, const Numbers& dropped) {
    Numbers rest;
    for (const auto n : all)
        if (std::ranges::find(dropped, n) == dropped.end()) rest.push_back(n);
    return rest;
}

}  // namespace

TEST_CASE("disconnect: a full outbox ends the session, and what was queued is given up") {
    SlowReader slow{{.max_messages = 16}};
    slow.publish(100);
    const auto closed = slow.rig.closed(slow.peer);
    CHECK(closed.cause == kb::Cause::slow_consumer);
    CHECK(closed.queued_messages == 16);
    CHECK(closed.messages_dropped == 0);
    CHECK(closed.messages_out + closed.queued_messages >= 16);
    CHECK(slow.dropped().empty());
}

TEST_CASE("drop_newest: what does not fit is lost, and the gap shows") {
    SlowReader slow{{.max_messages = 16, .when_full = WhenFull::drop_newest}};
    slow.publish(100);
    const auto dropped = slow.dropped();
    REQUIRE(dropped.size() > 50);
    CHECK(dropped == from_to(dropped.front(), 100));
    slow.publish(1);
    const auto read = slow.read();
    CHECK(read == from_to(1, dropped.front() - 1));
    slow.publish(1);
    CHECK(slow.read() == Numbers{102});
    CHECK(slow.rig.hub.stats().messages_dropped == 101 - read.size());
    CHECK(slow.peer.is_open());
}

TEST_CASE("drop_oldest: the newest always arrive, in order, and the gap shows") {
    SlowReader slow{{.max_messages = 16, .when_full = WhenFull::drop_oldest}};
    slow.publish(100);
    const auto dropped = slow.dropped();
    REQUIRE(dropped.size() > 50);
    CHECK(dropped == from_to(dropped.front(), dropped.back()));
    const auto read = slow.read();
    CHECK(read == without(from_to(1, 100), dropped));
    CHECK(read.back() == 100);
    CHECK(slow.peer.is_open());
}

TEST_CASE("conflate: of each key only the newest stays") {
    SlowReader slow{{.max_messages = 16, .when_full = WhenFull::conflate}};
    for (int round = 0; round < 20; ++round)
        for (const std::uint64_t key : {1, 2, 3}) slow.publish(1, key);
    for (const auto& e : slow.rig.journal.of<Dropped>()) CHECK(e.conflated);
    const auto read = slow.read();
    CHECK(read == without(from_to(1, 60), slow.dropped()));
    CHECK(read.size() < 40);
    CHECK(std::vector(read.end() - 3, read.end()) == from_to(58, 60));
    CHECK(slow.peer.is_open());
}

TEST_CASE("conflate: where keys free nothing, the oldest go") {
    SlowReader slow{{.max_messages = 16, .when_full = WhenFull::conflate}};
    for (std::uint64_t key = 1; key <= 60; ++key) slow.publish(1, key);
    for (const auto& e : slow.rig.journal.of<Dropped>()) CHECK_FALSE(e.conflated);
    const auto read = slow.read();
    CHECK(read == without(from_to(1, 60), slow.dropped()));
    CHECK(read.back() == 60);
}

TEST_CASE("a topic may say itself what gives way, and so may a pattern above it") {
    SlowReader slow{{.max_messages = 16}};
    slow.rig.hub.configure_topic("*", {.when_full = WhenFull::drop_newest});
    slow.rig.hub.configure_topic("news", {.when_full = WhenFull::drop_oldest});
    REQUIRE_FALSE(slow.rig.session(slow.peer).subscribe("gossip"));
    slow.publish(100);
    for (int i = 0; i < 10; ++i) slow.rig.hub.publish("gossip", numbered);
    slow.world.run_for(10ms);
    CHECK(slow.peer.is_open());

    const auto dropped = slow.rig.journal.of<Dropped>();
    REQUIRE(dropped.size() > 10);
    for (std::size_t i = 0; i < dropped.size() - 10; ++i) CHECK(dropped[i].topic == "news");
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(dropped[dropped.size() - 10 + i].topic == "gossip");
        CHECK(dropped[dropped.size() - 10 + i].sequence == i + 1);
    }

    // What is sent to one session is no topic's: the hub's own rule ends it.
    CHECK(slow.rig.session(slow.peer).send(numbered(0)) == kb::Errc::queue_full);
    CHECK(slow.rig.closed(slow.peer).cause == kb::Cause::slow_consumer);
}

TEST_CASE("QueueHigh comes once for each time that half of a bound is passed") {
    SlowReader slow{{.max_messages = 16, .when_full = WhenFull::drop_newest}};
    slow.publish(4);
    CHECK(slow.rig.journal.count<QueueHigh>() == 0);
    slow.publish(40);
    REQUIRE(slow.rig.journal.count<QueueHigh>() == 1);
    const auto high = slow.rig.journal.of<QueueHigh>()[0];
    CHECK(high.session == slow.rig.id(slow.peer));
    CHECK(high.messages > 8);
    CHECK(high.bytes >= 8000);

    slow.read();
    slow.peer.stop_reading();
    slow.publish(4);
    CHECK(slow.rig.journal.count<QueueHigh>() == 1);
    slow.publish(40);
    CHECK(slow.rig.journal.count<QueueHigh>() == 2);
}

TEST_CASE("the outbox's bytes bound what is queued as its messages do") {
    SlowReader slow{{.max_bytes = 10'000, .max_messages = 1000, .when_full = WhenFull::drop_newest}};
    for (int i = 0; i < 100; ++i) {
        slow.publish(1);
        CHECK(slow.world.sim.buffered_bytes() <= 10'000 + 2 * 4_KiB);
    }
    CHECK(slow.dropped().size() > 70);
    CHECK(slow.read().size() == 100 - slow.dropped().size());
}

TEST_CASE("control frames are not starved behind a full queue") {
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world, kb::Outbox{.max_bytes = 1_MiB}};
    // 512 KiB at 2 KiB a second would keep a ping waiting for minutes.
    auto& peer = rig.open({.reads_per_second = 2_KiB, .receive_buffer = 4_KiB});
    for (int i = 0; i < 512; ++i) rig.hub.send(rig.id(peer), std::string(1_KiB, 'x'));
    peer.ping("quick");
    CHECK(rig.until([&] { return peer.last_pong() == "quick"; }));
    CHECK(peer.bytes_received() < 64_KiB + 16_KiB);
    CHECK(rig.until([&] { return peer.pings_received() > 0; }));
    CHECK(peer.messages_received() < 200);
    CHECK(peer.is_open());
}

TEST_CASE("an observer may publish from within Dropped, even to the topic that was full: no observer runs inside another") {
    Meddler<Dropped> complainer;
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world, kb::Outbox{.max_messages = 16, .when_full = WhenFull::drop_newest}, complainer};
    auto& slow = rig.open({.receive_buffer = 4_KiB});
    REQUIRE_FALSE(rig.session(slow).subscribe("*"));
    slow.stop_reading();
    int depth = 0, complaints = 0;
    complainer.act = [&](const Dropped& e) {
        CHECK(++depth == 1);
        if (++complaints < 1000) rig.hub.publish("complaints", "lost " + std::to_string(e.sequence));
        --depth;
    };
    for (int i = 0; i < 50; ++i) rig.hub.publish("news", numbered);
    world.run_for(1s);
    CHECK(complaints > 1000);
    CHECK(slow.is_open());
}

TEST_CASE("an observer that publishes from within Closing does not nest, however many outboxes are full") {
    Meddler<Closing> messenger;
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world, kb::Outbox{.max_messages = 16}, messenger};
    std::vector<Client*> peers;
    for (int i = 0; i < 200; ++i) {
        peers.push_back(&rig.open({.receive_buffer = 4_KiB}));
        REQUIRE_FALSE(rig.session(*peers.back()).subscribe("news"));
        peers.back()->stop_reading();
    }
    int depth = 0;
    messenger.act = [&](const Closing&) {
        CHECK(++depth == 1);
        rig.hub.publish("news", "somebody leaves");
        --depth;
    };
    for (int i = 0; i < 50; ++i) {
        rig.hub.publish("news", numbered);
        world.run_for(10ms);
    }
    for (Client* peer : peers) CHECK(rig.closed(*peer).cause == kb::Cause::slow_consumer);
    messenger.act = nullptr;
}

TEST_CASE("an observer may close the very session whose message was dropped") {
    Meddler<Dropped> judge;
    World world{{.send_buffer = 4_KiB}};
    Rig rig{world, kb::Outbox{.max_messages = 16, .when_full = WhenFull::drop_newest}, judge, kb::Deadlines{.close = 1s}};
    judge.act = [&](const Dropped& e) { rig.hub.close(e.session, kb::CloseCode::do_not_come_back, "too slow"); };
    auto& slow = rig.open({.receive_buffer = 4_KiB});
    REQUIRE_FALSE(rig.session(slow).subscribe("news"));
    slow.stop_reading();
    for (int i = 0; i < 50; ++i) {
        rig.hub.publish("news", numbered);
        world.run_for(1ms);
    }
    const auto closed = rig.closed(slow);
    CHECK(closed.cause == kb::Cause::application_close);
    CHECK(closed.messages_dropped == 1);
    CHECK(closed.forced);
    CHECK(closed.queued_messages > 0);
}
