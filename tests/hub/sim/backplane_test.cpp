// Two hubs, each in a world of its own, linked by one backplane.

#include "support/catch.hpp"

#include <kingbolt/backplane/shards.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/testing/journal.hpp>
#include <kingbolt/testing/simulation.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace kb = kingbolt;
using namespace std::chrono_literals;
using namespace kb::literals;
using Lines = std::vector<std::string>;

namespace {

using Heard = kb::testing::JournalOf<kb::event::Dropped, kb::event::HandlerFailed>;

struct Shard {
    Shard(kb::backplane::Shards& shards, std::uint64_t seed, kb::Outbox outbox)
        : sim{seed, {.send_buffer = 4_KiB, .receive_buffer = 4_KiB}}, hub{sim.transport(), sim.clock(), shards,
                                                                          kb::Seed{seed},  heard,       outbox} {}

    kb::testing::Peer& subscriber(std::string_view topic) {
        auto& peer = sim.open({.receive_buffer = 4_KiB});
        REQUIRE(hub.find(peer) != nullptr);
        REQUIRE_FALSE(hub.find(peer)->subscribe(topic));
        return peer;
    }

    kb::testing::Simulation sim;
    Heard heard;
    kb::Hub<kb::testing::SimulatedTransport, kb::testing::ManualClock&, kb::backplane::Shards&, kb::Seed, Heard&, kb::Outbox> hub;
};

struct Two {
    explicit Two(const kb::Outbox& outbox = {}) : one{std::in_place, shards, 1, outbox}, other{std::in_place, shards, 2, outbox} {}
    void run() {
        for (int i = 0; i < 2; ++i) {
            if (one) one->sim.run_for(50ms);
            if (other) other->sim.run_for(50ms);
        }
    }

    kb::backplane::Shards shards;
    std::optional<Shard> one, other;
};

Lines texts(kb::testing::Peer& peer) {
    Lines lines;
    for (auto& message : peer.take_messages()) lines.push_back(message.payload);
    return lines;
}

const auto numbered = [](std::uint64_t sequence) { return "number " + std::to_string(sequence); };

}  // namespace

TEST_CASE("what one hub publishes reaches the subscribers of all, in one order and with one numbering") {
    Two two;
    auto& here = two.one->subscriber("news.sport");
    auto& there = two.other->subscriber("news.*");
    two.one->hub.publish("news.sport", "one");
    two.other->hub.publish("news.sport", numbered);
    two.one->hub.publish("news.sport", numbered);
    two.one->hub.publish("weather", "for nobody");
    two.run();
    CHECK(texts(here) == Lines{"one", "number 2", "number 3"});
    CHECK(texts(there) == Lines{"one", "number 2", "number 3"});
    CHECK(two.other->hub.stats().published == 4);
}

TEST_CASE("what another thread publishes reaches the subscribers of all") {
    Two two;
    auto& here = two.one->subscriber("news");
    auto& there = two.other->subscriber("news");
    two.one->sim.from_other_thread([&] {
        CHECK_FALSE(two.one->hub.publish("news", "from afar"));
        CHECK_FALSE(two.one->hub.publish("news", numbered));
    });
    two.run();
    CHECK(texts(here) == Lines{"from afar", "number 2"});
    CHECK(texts(there) == Lines{"from afar", "number 2"});
}

TEST_CASE("within one hub a publication keeps its place among what is sent, subscribed and unsubscribed before and after it") {
    Two two;
    auto& peer = two.one->subscriber("news");
    two.one->hub.on_message([&](kb::Session& from, kb::Message) {
        from.send("before");
        two.one->hub.publish("news", "published");
        from.send("after");
        from.unsubscribe("news");
        two.one->hub.publish("news", "not heard");
        from.subscribe("news");
        two.one->hub.publish("news", "heard");
    });
    peer.send_text("now");
    two.run();
    CHECK(texts(peer) == Lines{"before", "published", "after", "heard"});
}

TEST_CASE("a hub names the topic of a dropped message as it is called, whatever its own number for it") {
    Two two{{.max_messages = 4, .when_full = kb::WhenFull::drop_oldest}};
    two.one->subscriber("only.here");  // so that the hubs number their topics differently
    auto& slow = two.other->subscriber("news");
    slow.stop_reading();
    for (int i = 0; i < 40; ++i) {
        two.one->hub.publish("news", std::string(1000, 'x'));
        two.run();
    }
    std::uint64_t dropped = 0;
    for (const auto& event : two.other->heard.take(slow)) {
        const auto* const drop = std::get_if<kb::event::Dropped>(&event.any);
        REQUIRE(drop != nullptr);
        CHECK(drop->topic == "news");
        ++dropped;
    }
    CHECK(two.other->hub.stats().messages_dropped == dropped);
    CHECK(dropped > 20);
}

TEST_CASE("a payload that cannot be built is reported by one hub, costs nobody a session, and leaves a gap in the numbers") {
    Two two;
    auto& here = two.one->subscriber("news");
    auto& there = two.other->subscriber("news");
    two.one->hub.publish("news", [](std::uint64_t) -> std::string { throw std::runtime_error{"no data"}; });
    two.one->hub.publish("news", numbered);
    two.run();
    CHECK(texts(here) == Lines{"number 2"});
    CHECK(texts(there) == Lines{"number 2"});
    CHECK(two.one->hub.stats().handler_errors + two.other->hub.stats().handler_errors == 1);
    CHECK(two.one->hub.stats().sessions + two.other->hub.stats().sessions == 2);
}

TEST_CASE("a topic that is none is refused before it reaches the backplane") {
    Two two;
    CHECK(two.one->hub.publish("", "x") == kb::Errc::bad_topic);
    CHECK(two.one->hub.publish("a.*", numbered) == kb::Errc::bad_topic);
    two.run();
    CHECK(two.other->hub.stats().published == 0);
}

TEST_CASE("publish says so when another hub is too far behind, and works again when that has caught up") {
    Two two;
    auto& there = two.other->subscriber("news");
    std::size_t accepted = 0;
    while (!two.one->hub.publish("news", std::string(1_MiB, 'x'))) ++accepted;
    CHECK(accepted > 10);
    CHECK(two.one->hub.publish("news", std::string(1_MiB, 'x')) == kb::Condition::overloaded);
    two.run();
    CHECK_FALSE(two.one->hub.publish("news", "again"));
    CHECK(there.violations().empty());
}

TEST_CASE("a hub that goes leaves the others to go on") {
    Two two;
    auto& there = two.other->subscriber("news");
    two.one->hub.publish("news", "last words");
    two.one.reset();
    two.run();
    two.other->hub.publish("news", "alone");
    two.run();
    CHECK(texts(there) == Lines{"last words", "alone"});
    CHECK(two.shards.size() == 1);
}

TEST_CASE("a hub without a backplane holds nothing for one") {
    STATIC_REQUIRE(std::is_empty_v<kb::detail::LinkTo<kb::NoBackplane>::type>);
    STATIC_REQUIRE_FALSE(kb::Backplane<kb::NoBackplane>);
}
