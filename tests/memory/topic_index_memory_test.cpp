// What subscriptions cost. A million (session, topic) pairs in the shapes that hubs have.

#include <kingbolt/engine/topic_index.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "memory/allocations.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using engine::TopicIndex;
using test::Measure;

namespace {

std::string topic_name(std::size_t n) { return "agents." + std::to_string(n); }

// Each session hears `per_session` topics of `topics`, spread evenly.
void subscribe(TopicIndex& index, std::uint32_t sessions, std::size_t per_session, std::size_t topics) {
    for (std::uint32_t session = 0; session < sessions; ++session)
        for (std::size_t n = 0; n < per_session; ++n) index.subscribe(session, topic_name((session + n * (topics / per_session)) % topics));
}

}  // namespace

TEST_CASE("a million subscriptions cost 17 to 42 bytes each: 17 to 42 MB, by their shape") {
    // Sessions, topics of each, topics in all; and the bytes for each pair, as measured and rounded up. 16 are the pair itself, the
    // rest is the room that vectors keep to grow and, where sessions have few topics, the 24 bytes of an empty vector.
    const auto [sessions, per_session, topics, bytes] = GENERATE(table<std::uint32_t, std::size_t, std::size_t, std::size_t>({
        {1'000, 1'000, 1'000, 17},
        {10'000, 100, 1'000, 19},
        {100'000, 10, 1'000, 25},
        {1'000'000, 1, 1'000, 42},
        {1'000'000, 1, 1, 42},
    }));
    const Measure measure;
    TopicIndex index;
    subscribe(index, sessions, per_session, topics);
    const double per_pair = static_cast<double>(measure.held()) / 1e6;
    CHECK(index.subscriptions() == 1'000'000);
    CHECK(per_pair <= static_cast<double>(bytes));
}

TEST_CASE("a publication allocates nothing, however many hear it") {
    TopicIndex index;
    for (std::uint32_t session = 0; session < 10'000; ++session) {
        index.subscribe(session, "a.b");
        if (session % 2 == 0) index.subscribe(session, "a.*");
    }
    const TopicId id = index.intern("a.b");
    std::uint64_t heard = 0;
    index.for_each_subscriber(id, [&heard](std::uint32_t) { ++heard; });  // looks up the patterns, once
    const Measure measure;
    index.for_each_subscriber(index.intern("a.b"), [&heard](std::uint32_t) { ++heard; });
    const std::uint64_t allocations = measure.count();
    CHECK(allocations == 0);
    CHECK(heard == 20'000);
}

TEST_CASE("sessions and topics that leave give their memory back") {
    TopicIndex index;
    const Measure measure;
    subscribe(index, 1'000, 100, 1'000);
    for (std::size_t n = 0; n < 1'000; ++n) index.next_sequence(index.intern(topic_name(n)));
    const std::size_t full = measure.held();
    for (std::uint32_t session = 0; session < 1'000; ++session) index.unsubscribe_all(session);
    const std::size_t topics_only = measure.held();
    for (std::size_t n = 0; n < 1'000; ++n) index.forget(topic_name(n));
    const std::size_t empty = measure.held();
    CHECK(index.topics() == 0);
    CHECK(full > 1'600'000);
    CHECK(topics_only < 400'000);
    CHECK(empty < 250'000);  // the slots of a thousand topics and sessions, ready to be used again
}

TEST_CASE("one session of very many topics, and one topic of very many sessions, are no slower for it") {
    // Were the longer side searched, this would take minutes.
    constexpr std::uint32_t many = 200'000;
    TopicIndex index;
    for (std::uint32_t n = 0; n < many; ++n) {
        index.subscribe(0, topic_name(n));
        index.subscribe(n, "lobby");
    }
    CHECK(index.subscriptions() == 2 * many);
    for (std::uint32_t n = 0; n < many; ++n) {
        REQUIRE(index.unsubscribe(0, topic_name(n)));
        REQUIRE(index.unsubscribe(n, "lobby"));
    }
    CHECK(index.subscriptions() == 0);
}
