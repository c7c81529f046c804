// A queue that is slow and obvious, and the real one beside it, through the same random life.

#include <kingbolt/engine/send_queue.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::SendQueue;
using Offered = SendQueue::Offered;

namespace {

struct Loss {
    std::uint64_t sequence;
    bool conflated;
    bool operator==(const Loss&) const = default;
};

struct Model {
    struct Item {
        std::size_t size;
        TopicId topic;
        std::uint64_t key;
        std::uint64_t sequence;
    };

    std::size_t bytes() const {
        std::size_t sum = 0;
        for (const Item& item : waiting) sum += item.size;
        return sum + in_flight_bytes;
    }
    std::size_t messages() const { return waiting.size() + in_flight_messages; }
    bool room_for(const Item& item, const Outbox& bounds) const {
        return bytes() + item.size <= bounds.max_bytes && messages() + 1 <= bounds.max_messages;
    }

    Offered offer(const Item& item, const Outbox& bounds, WhenFull when_full, std::vector<Loss>& lost) {
        Model without_waiting = *this;
        without_waiting.waiting.clear();
        const bool too_large = item.size > bounds.max_bytes;
        if (!too_large && room_for(item, bounds)) {
            waiting.push_back(item);
            return Offered::queued;
        }
        if (!too_large && when_full == WhenFull::disconnect) return Offered::overflow;
        if (too_large || when_full == WhenFull::drop_newest || !without_waiting.room_for(item, bounds)) {
            lost.push_back({item.sequence, false});
            return Offered::dropped;
        }
        std::size_t may_stay = waiting.size();
        if (when_full == WhenFull::conflate) {
            may_stay -= may_stay / 8;
            conflate(item, lost);
        }
        while (!room_for(item, bounds) || waiting.size() > may_stay) {
            lost.push_back({waiting.front().sequence, false});
            waiting.pop_front();
        }
        waiting.push_back(item);
        return Offered::queued;
    }

    void conflate(const Item& coming, std::vector<Loss>& lost) {
        std::deque<Item> kept;
        for (auto item = waiting.begin(); item != waiting.end(); ++item) {
            const auto same_subject = [&item](const Item& other) { return other.topic == item->topic && other.key == item->key; };
            const bool superseded = same_subject(coming) || std::any_of(item + 1, waiting.end(), same_subject);
            if (superseded && item->topic != Label::no_topic)
                lost.push_back({item->sequence, true});
            else
                kept.push_back(*item);
        }
        waiting = kept;
    }

    std::deque<Item> waiting;
    std::size_t in_flight_bytes = 0;
    std::size_t in_flight_messages = 0;
};

}  // namespace

TEST_CASE("over random operations the queue keeps its bounds, and does what the obvious one does") {
    const auto seed = GENERATE(range(1, 13));
    std::mt19937_64 random{static_cast<std::uint64_t>(seed)};
    const auto below = [&random](std::uint64_t n) { return random() % n; };
    const Outbox bounds{.max_bytes = 1_KiB + below(4'000), .max_messages = 1 + below(60)};

    SendQueue queue;
    Model model;
    std::vector<Loss> lost;
    std::vector<Loss> expected_lost;
    std::size_t control_in_flight = 0;
    bool writing = false;

    for (std::uint64_t step = 1; step <= 4'000; ++step) {
        switch (below(8)) {
        case 0: {  // a batch, if none is being written
            if (writing) break;
            std::size_t control = 0;
            if (below(4) == 0) {
                queue.set_pong(Frame::encode(Opcode::pong, std::string(below(126), 'p')));
                control = 1;
            }
            const std::size_t max = below(2'000);
            std::vector<Frame> batch;
            std::size_t size = queue.take(batch, max);
            REQUIRE((size <= max || batch.size() == 1));
            for (; control > 0; --control) {
                REQUIRE(batch.at(0).opcode() == Opcode::pong);
                control_in_flight = batch[0].wire().size();
                size -= control_in_flight;
                batch.erase(batch.begin());
            }
            for (const Frame& frame : batch) {
                REQUIRE(frame.label().sequence == model.waiting.front().sequence);
                model.waiting.pop_front();
            }
            model.in_flight_bytes = size;
            model.in_flight_messages = batch.size();
            writing = size + control_in_flight != 0;
            break;
        }
        case 1: {  // some of it, or all
            if (!writing) break;
            const std::size_t left = control_in_flight + model.in_flight_bytes;
            const bool complete = below(3) == 0;
            const std::size_t bytes = complete ? left : below(left);
            queue.written(bytes, complete);
            const std::size_t of_control = std::min(bytes, control_in_flight);
            control_in_flight -= of_control;
            model.in_flight_bytes -= bytes - of_control;
            if (complete) {
                model.in_flight_messages = 0;
                writing = false;
            }
            break;
        }
        case 2:
            if (below(2'000) != 0) break;
            queue.give_up();
            REQUIRE(queue.nothing_to_take());
            REQUIRE(queue.messages() == model.waiting.size() + model.in_flight_messages);
            return;
        default: {
            const auto when_full = static_cast<WhenFull>(below(4));
            const std::size_t payload = below(40) == 0 ? below(6'000) : below(120);
            const TopicId topic = below(10) == 0 ? Label::no_topic : static_cast<TopicId>(below(3));
            const Frame frame = Frame::encode(Opcode::text, std::string(payload, 'x'), {topic, step, below(12)});
            const Model::Item item{frame.wire().size(), topic, frame.label().key, step};
            const Offered outcome = queue.offer(frame, bounds, when_full, [&](const Frame& f, bool conflated) {
                lost.push_back({f.label().sequence, conflated});
            });
            REQUIRE(outcome == model.offer(item, bounds, when_full, expected_lost));
            REQUIRE(lost == expected_lost);
            lost.clear();
            expected_lost.clear();
        }
        }
        REQUIRE(queue.bytes() == model.bytes());
        REQUIRE(queue.messages() == model.messages());
        REQUIRE(queue.bytes() <= bounds.max_bytes);
        REQUIRE(queue.messages() <= bounds.max_messages);
        REQUIRE(queue.nothing_to_take() == model.waiting.empty());
    }
}
