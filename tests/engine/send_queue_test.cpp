#include <kingbolt/engine/send_queue.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/run_of.hpp"

using namespace kingbolt;
using engine::SendQueue;
using Offered = SendQueue::Offered;

namespace {

struct Lost {
    std::uint64_t sequence;
    bool conflated;
    bool operator==(const Lost&) const = default;
};

// A queue with 1 KiB and a few messages of room; frames of 100 bytes on the wire are known by their sequence.
struct Fixture {
    Outbox bounds{.max_bytes = 1_KiB, .max_messages = 8};
    SendQueue queue;
    std::vector<Lost> lost;
    std::uint64_t next = 1;

    Offered offer(WhenFull when_full, std::size_t wire_size = 100, TopicId topic = 1, std::uint64_t key = 0) {
        const std::size_t header_size = wire_size < 128 ? 2 : 4;
        const Frame frame = Frame::encode(Opcode::text, std::string(wire_size - header_size, 'x'), {topic, next++, key});
        return offer(frame, when_full);
    }
    Offered offer(const Frame& frame, WhenFull when_full) {
        return queue.offer(frame, bounds, when_full, [this](const Frame& f, bool conflated) {
            lost.push_back({f.label().sequence, conflated});
        });
    }
    /// Messages of 100 bytes on the wire, as one.
    Frame bundle(std::size_t messages) {
        std::vector<Frame> parts;
        while (parts.size() < messages) parts.push_back(Frame::encode(Opcode::text, std::string(98, 'x'), {1, next++, 0}));
        return Frame::bundle(parts);
    }
    void fill() {
        while (queue.messages() < bounds.max_messages) REQUIRE(offer(WhenFull::disconnect) == Offered::queued);
    }
    /// Takes a batch and says which messages are in it; control frames are 0.
    std::vector<std::uint64_t> take(std::size_t max_bytes = 64 * 1024) {
        std::vector<Frame> batch;
        const std::size_t size = queue.take(batch, max_bytes);
        std::vector<std::uint64_t> sequences;
        std::size_t sum = 0;
        for (const Frame& frame : batch) {
            sum += frame.wire().size();
            if (frame.messages() == 1) sequences.push_back(frame.label().sequence);
            for (const Frame& part : frame.parts()) sequences.push_back(part.label().sequence);
        }
        CHECK(size == sum);
        return sequences;
    }
};

using Sequences = std::vector<std::uint64_t>;
using Losses = std::vector<Lost>;

}  // namespace

TEST_CASE("what fits is queued and goes out in order") {
    Fixture f;
    f.fill();
    CHECK(f.queue.messages() == 8);
    CHECK(f.queue.bytes() == 800);
    CHECK(f.take() == Sequences{1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(f.lost.empty());
}

TEST_CASE("disconnect: a full outbox takes nothing, loses nothing, and says overflow") {
    Fixture f;
    f.fill();
    CHECK(f.offer(WhenFull::disconnect) == Offered::overflow);
    CHECK(f.lost.empty());
    CHECK(f.queue.messages() == 8);
    CHECK(f.take() == Sequences{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("drop_newest: the message itself is not queued") {
    Fixture f;
    f.fill();
    CHECK(f.offer(WhenFull::drop_newest) == Offered::dropped);
    CHECK(f.lost == Losses{{9, false}});
    CHECK(f.take() == Sequences{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("drop_oldest: as many of the oldest go as the newcomer needs") {
    Fixture f;
    f.fill();
    CHECK(f.offer(WhenFull::drop_oldest) == Offered::queued);
    CHECK(f.lost == Losses{{1, false}});
    f.lost.clear();
    CHECK(f.offer(WhenFull::drop_oldest, 600) == Offered::queued);  // 800 + 600 bytes: four of a hundred must go
    CHECK(f.lost == Losses{{2, false}, {3, false}, {4, false}, {5, false}});
    CHECK(f.take() == Sequences{6, 7, 8, 9, 10});
}

TEST_CASE("conflate: of the messages of one topic and key only the newest stays") {
    Fixture f;
    for (const std::uint64_t key : {1, 2, 1, 3, 2, 1, 3, 4}) f.offer(WhenFull::conflate, 100, 1, key);
    CHECK(f.lost.empty());  // while there is room, nothing is conflated
    CHECK(f.offer(WhenFull::conflate, 100, 1, 4) == Offered::queued);
    CHECK(f.lost == Losses{{1, true}, {2, true}, {3, true}, {4, true}, {8, true}});
    CHECK(f.take() == Sequences{5, 6, 7, 9});
}

TEST_CASE("conflate: key 0 is a key like any other, and keys are each topic's own") {
    Fixture f;
    for (const TopicId topic : {1U, 2U, 1U, 2U, 1U, 2U, 1U, 2U}) f.offer(WhenFull::conflate, 100, topic, 0);
    CHECK(f.offer(WhenFull::conflate, 100, 3, 0) == Offered::queued);
    CHECK(f.take() == Sequences{7, 8, 9});
}

TEST_CASE("conflate: topic and key that would collide in a sum are told apart") {
    // key + topic * c is the same for both, c being the constant that the hash multiplies by.
    constexpr std::uint64_t c = 0x9E3779B97F4A7C15ULL;
    Fixture f;
    f.offer(WhenFull::conflate, 100, 1, c);
    for (std::uint64_t n = 0; n < 6; ++n) f.offer(WhenFull::conflate, 100, 9, 9);
    f.offer(WhenFull::conflate, 100, 2, 0);
    f.offer(WhenFull::conflate, 100, 9, 9);
    CHECK(f.take() == Sequences{1, 8, 9});
}

TEST_CASE("conflate: messages outside topics are never conflated") {
    Fixture f;
    for (int n = 0; n < 8; ++n) f.offer(WhenFull::conflate, 100, Label::no_topic, 0);
    CHECK(f.offer(WhenFull::conflate, 100, Label::no_topic, 0) == Offered::queued);
    CHECK(f.lost == Losses{{1, false}});  // one eighth of eight
    CHECK(f.queue.messages() == 8);
}

TEST_CASE("conflate: where that frees less than an eighth, the oldest go, so that the next walk is far") {
    Fixture f;
    f.bounds = {.max_bytes = 1_MiB, .max_messages = 64};
    for (std::uint64_t n = 0; n < 64; ++n) f.offer(WhenFull::conflate, 100, 1, n == 63 ? 0 : n);  // one key twice
    CHECK(f.offer(WhenFull::conflate, 100, 1, 1'000) == Offered::queued);
    CHECK(f.lost == Losses{{1, true}, {2, false}, {3, false}, {4, false}, {5, false}, {6, false}, {7, false}, {8, false}});
    CHECK(f.queue.messages() == 57);
    f.lost.clear();
    for (int n = 0; n < 7; ++n) f.offer(WhenFull::conflate, 100, 1, static_cast<std::uint64_t>(2'000 + n));
    CHECK(f.lost.empty());
}

TEST_CASE("conflate: as long as the keys are fewer than seven eighths of the room, the newest of each survives") {
    Fixture f;
    f.bounds = {.max_bytes = 1_MiB, .max_messages = 64};
    std::vector<std::uint64_t> newest(56);
    for (std::uint64_t n = 0; n < 10'000; ++n) {
        const std::uint64_t key = n * n % 56;
        newest[key] = f.next;
        REQUIRE(f.offer(WhenFull::conflate, 100, 1, key) == Offered::queued);
    }
    for (const Lost& lost : f.lost) REQUIRE(lost.conflated);
    const Sequences left = f.take();
    for (const std::uint64_t sequence : newest)
        if (sequence != 0) CHECK(std::ranges::count(left, sequence) == 1);
}

TEST_CASE("a message larger than the whole outbox is dropped, never a reason to disconnect") {
    const WhenFull when_full = GENERATE(WhenFull::disconnect, WhenFull::drop_oldest, WhenFull::drop_newest, WhenFull::conflate);
    Fixture f;
    f.offer(when_full);
    CHECK(f.offer(when_full, 1025) == Offered::dropped);
    CHECK(f.lost == Losses{{2, false}});
    CHECK(f.take() == Sequences{1});
}

TEST_CASE("a message of exactly the whole outbox is taken, headers counted") {
    Fixture f;
    const Frame frame = Frame::encode(Opcode::binary, std::string(1_KiB - 4, 'x'));
    REQUIRE(frame.wire().size() == 1_KiB);
    CHECK(f.queue.offer(frame, f.bounds, WhenFull::disconnect, [](const Frame&, bool) {}) == Offered::queued);
    CHECK(f.queue.bytes() == 1_KiB);
}

TEST_CASE("what is being written counts until it has been passed on, and cannot be taken back") {
    Fixture f;
    f.fill();
    REQUIRE(f.take().size() == 8);
    CHECK(f.queue.messages() == 8);
    CHECK(f.queue.bytes() == 800);
    CHECK(f.offer(WhenFull::disconnect) == Offered::overflow);
    f.queue.written(350, false);
    CHECK(f.queue.bytes() == 450);
    CHECK(f.queue.messages() == 8);  // until the batch is complete
    f.queue.written(450, true);
    CHECK(f.queue.bytes() == 0);
    CHECK(f.queue.messages() == 0);
    CHECK(f.offer(WhenFull::disconnect) == Offered::queued);
}

TEST_CASE("if what is being written alone leaves no room, nothing else is given up in vain") {
    const WhenFull when_full = GENERATE(WhenFull::drop_oldest, WhenFull::conflate);
    Fixture f;
    f.offer(when_full, 900);
    REQUIRE(f.take() == Sequences{1});
    f.offer(when_full, 100);
    CHECK(f.offer(when_full, 200) == Offered::dropped);
    CHECK(f.lost == Losses{{3, false}});
    CHECK(f.take() == Sequences{2});
}

TEST_CASE("a batch holds as much as asked for, and at least one message") {
    Fixture f;
    f.fill();
    CHECK(f.take(250) == Sequences{1, 2});
    CHECK(f.take(100) == Sequences{3});
    CHECK(f.take(1) == Sequences{4});
    CHECK(f.take(0) == Sequences{5});
}

TEST_CASE("control frames go first, a pong before a ping, and data never delays them") {
    Fixture f;
    f.fill();
    f.queue.set_ping(Frame::encode(Opcode::ping, "p"));
    f.queue.set_pong(Frame::encode(Opcode::pong, "q"));
    std::vector<Frame> batch;
    CHECK(f.queue.take(batch, 110) == 106);
    REQUIRE(batch.size() == 3);
    CHECK(batch[0].opcode() == Opcode::pong);
    CHECK(batch[1].opcode() == Opcode::ping);
    CHECK(batch[2].label().sequence == 1);
}

TEST_CASE("a batch of control frames does not carry a message that is larger than the batch") {
    Fixture f;
    f.offer(WhenFull::disconnect, 500);
    f.queue.set_pong(Frame::encode(Opcode::pong, "q"));
    CHECK(f.take(100) == Sequences{0});
    CHECK(f.take(100) == Sequences{1});
}

TEST_CASE("the control lane cannot grow: the newest ping and the newest pong take the place of older ones") {
    Fixture f;
    for (char c = 'a'; c <= 'z'; ++c) {
        f.queue.set_ping(Frame::encode(Opcode::ping, std::string(1, c)));
        f.queue.set_pong(Frame::encode(Opcode::pong, std::string(1, c)));
    }
    std::vector<Frame> batch;
    f.queue.take(batch, 1'000);
    REQUIRE(batch.size() == 2);
    CHECK(batch[0].payload()[0] == std::byte{'z'});
    CHECK(batch[1].payload()[0] == std::byte{'z'});
    CHECK(f.queue.nothing_to_take());
}

TEST_CASE("control frames take no room from data, not even while they are being written") {
    Fixture f;
    f.queue.set_ping(Frame::encode(Opcode::ping, std::string(125, 'p')));
    CHECK(f.take() == Sequences{0});
    CHECK(f.queue.bytes() == 0);
    CHECK(f.offer(WhenFull::disconnect, 1_KiB) == Offered::queued);
    f.queue.written(100, false);
    f.queue.written(27, true);
    CHECK(f.queue.bytes() == 1_KiB);
}

TEST_CASE("of a batch the control frames are passed on first, then the data") {
    Fixture f;
    f.offer(WhenFull::disconnect, 100);
    f.queue.set_ping(Frame::encode(Opcode::ping, "12345678"));
    REQUIRE(f.take() == Sequences{0, 1});
    f.queue.written(6, false);
    CHECK(f.queue.bytes() == 100);
    f.queue.written(14, false);  // four of the ping, ten of the message
    CHECK(f.queue.bytes() == 90);
    f.queue.written(90, true);
    CHECK(f.queue.bytes() == 0);
}

TEST_CASE("a queue that is given up hands out nothing more, and goes on telling what was not sent") {
    Fixture f;
    f.fill();
    f.queue.set_ping(Frame::encode(Opcode::ping, ""));
    f.queue.set_pong(Frame::encode(Opcode::pong, ""));
    REQUIRE(f.take(210) == Sequences{0, 0, 1, 2});
    f.queue.set_pong(Frame::encode(Opcode::pong, ""));
    f.queue.give_up();
    CHECK(f.queue.nothing_to_take());
    CHECK(f.queue.messages() == 8);  // two of them with the transport
    CHECK(f.queue.bytes() == 800);
    f.queue.written(204, true);
    CHECK(f.queue.messages() == 6);
    CHECK(f.queue.bytes() == 600);
}

TEST_CASE("an empty queue has nothing to take") {
    SendQueue queue;
    std::vector<Frame> batch;
    CHECK(queue.nothing_to_take());
    CHECK(queue.take(batch, 1'000) == 0);
    CHECK(batch.empty());
    queue.set_pong(Frame::encode(Opcode::pong, ""));
    CHECK_FALSE(queue.nothing_to_take());
}

TEST_CASE("a bundle waits as one and counts as its messages") {
    Fixture f;
    CHECK(f.offer(f.bundle(3), WhenFull::disconnect) == Offered::queued);
    CHECK(f.queue.messages() == 3);
    CHECK(f.queue.bytes() == 300);
    CHECK(f.take() == Sequences{1, 2, 3});
    CHECK(f.queue.messages_in_flight() == 3);
    CHECK(f.queue.messages() == 3);
    f.queue.written(300, true);
    CHECK(f.queue.messages() == 0);
    CHECK(f.queue.bytes() == 0);
}

TEST_CASE("a bundle for which there is no room as a whole is as good as its messages one by one") {
    for (const auto when_full : {WhenFull::disconnect, WhenFull::drop_newest, WhenFull::drop_oldest}) {
        Fixture f;
        CHECK(f.offer(f.bundle(6), when_full) == Offered::queued);
        const Offered outcome = f.offer(f.bundle(5), when_full);
        CHECK(f.queue.messages() == 8);
        CHECK(f.queue.bytes() == 800);
        if (when_full == WhenFull::disconnect) {
            CHECK(outcome == Offered::overflow);
            CHECK(f.lost.empty());
        } else if (when_full == WhenFull::drop_newest) {
            CHECK(outcome == Offered::dropped);
            CHECK(f.lost == Losses{{9, false}, {10, false}, {11, false}});
            CHECK(f.take() == Sequences{1, 2, 3, 4, 5, 6, 7, 8});
        } else {
            CHECK(outcome == Offered::queued);
            CHECK(f.lost == Losses{{1, false}, {2, false}, {3, false}});
            CHECK(f.take() == Sequences{4, 5, 6, 7, 8, 9, 10, 11});
        }
    }
}

TEST_CASE("of a bundle in the queue only the superseded messages are conflated away") {
    Fixture f;
    std::vector<Frame> parts;
    for (const std::uint64_t key : {1, 2, 1, 3, 1, 4, 1, 5})
        parts.push_back(Frame::encode(Opcode::text, std::string(98, 'x'), {1, f.next++, key}));
    CHECK(f.offer(Frame::bundle(parts), WhenFull::conflate) == Offered::queued);
    CHECK(f.offer(WhenFull::conflate, 100, 1, 1) == Offered::queued);
    CHECK(f.take() == Sequences{2, 4, 6, 8, 9});
    CHECK(f.lost.size() == 4);
}

TEST_CASE("a frame may bypass a queue in which nothing waits and from which nothing is being written") {
    Fixture f;
    const Frame frame = f.bundle(2);
    CHECK(f.queue.may_bypass(frame, f.bounds));
    CHECK_FALSE(f.queue.may_bypass(f.bundle(9), f.bounds));
    f.queue.bypassed(frame);
    CHECK(f.queue.messages() == 2);
    CHECK(f.queue.bytes() == 200);
    CHECK_FALSE(f.queue.may_bypass(frame, f.bounds));
    f.queue.written(200, true);
    CHECK(f.queue.may_bypass(frame, f.bounds));
    f.queue.set_ping(Frame::encode(Opcode::ping, std::string_view{}));
    CHECK_FALSE(f.queue.may_bypass(frame, f.bounds));
    f.take();
    CHECK_FALSE(f.queue.may_bypass(frame, f.bounds));
}

TEST_CASE("a run for which there is no room as a whole is as good as its messages, one after the other") {
    const Outbox bounds{.max_bytes = 1_KiB, .max_messages = 4};
    const std::vector<Frame> messages{Frame::encode(Opcode::text, "1"), Frame::encode(Opcode::text, "2"), Frame::encode(Opcode::text, "3")};
    const Frame run = run_of(messages);
    SendQueue queue;
    int lost = 0;
    const auto on_drop = [&lost](const Frame&, bool) { ++lost; };
    CHECK(queue.offer(run, bounds, WhenFull::drop_oldest, on_drop) == Offered::queued);
    CHECK(queue.offer(run, bounds, WhenFull::drop_oldest, on_drop) == Offered::queued);
    CHECK(lost == 2);
    CHECK(queue.messages() == 4);
    std::vector<Frame> batch;
    queue.take(batch, 1_KiB);
    std::string texts;
    for (const Frame& frame : batch)
        frame.for_each_message([&](const Frame& message) { texts += static_cast<char>(message.payload()[0]); });
    CHECK(texts == "3123");
}
