#include <kingbolt/engine/topic_index.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::TopicIndex;

namespace {

using Sessions = std::vector<TopicIndex::SessionIndex>;

Sessions subscribers(TopicIndex& index, std::string_view topic) {
    Sessions found;
    index.for_each_subscriber(index.intern(topic), [&](TopicIndex::SessionIndex session) { found.push_back(session); });
    std::ranges::sort(found);
    return found;
}

}  // namespace

TEST_CASE("a publication reaches the subscribers of its topic and nobody else") {
    TopicIndex index;
    CHECK(index.subscribe(1, "a.x"));
    CHECK(index.subscribe(2, "a.x"));
    CHECK(index.subscribe(3, "a.y"));
    CHECK(subscribers(index, "a.x") == Sessions{1, 2});
    CHECK(subscribers(index, "a.y") == Sessions{3});
    CHECK(subscribers(index, "a").empty());
    CHECK(subscribers(index, "a.x.deeper").empty());
}

TEST_CASE("a pattern covers everything under it, at any depth, and not what it begins with") {
    TopicIndex index;
    index.subscribe(1, "agents.*");
    index.subscribe(2, "*");
    index.subscribe(3, "agents.7.*");
    CHECK(subscribers(index, "agents.7") == Sessions{1, 2});
    CHECK(subscribers(index, "agents.7.cpu") == Sessions{1, 2, 3});
    CHECK(subscribers(index, "agents") == Sessions{2});
    CHECK(subscribers(index, "agentsx.7") == Sessions{2});
    CHECK(subscribers(index, "lobby") == Sessions{2});
}

TEST_CASE("who listens to a topic and to patterns above it hears each message once") {
    TopicIndex index;
    for (const std::string_view name : {"*", "a.*", "a.b.*", "a.b.c"}) index.subscribe(7, name);
    index.subscribe(8, "a.b.c");
    CHECK(subscribers(index, "a.b.c") == Sessions{7, 8});
    CHECK(subscribers(index, "a.b.c") == Sessions{7, 8});  // and again with the next message
    CHECK(subscribers(index, "a.x") == Sessions{7});
}

TEST_CASE("subscribing twice changes nothing, and unsubscribing from what one never heard neither") {
    TopicIndex index;
    CHECK(index.subscribe(1, "a"));
    CHECK_FALSE(index.subscribe(1, "a"));
    CHECK(index.subscriptions() == 1);
    CHECK_FALSE(index.unsubscribe(1, "b"));
    CHECK_FALSE(index.unsubscribe(2, "a"));
    CHECK_FALSE(index.unsubscribe(99, "a"));
    CHECK(index.unsubscribe(1, "a"));
    CHECK_FALSE(index.unsubscribe(1, "a"));
    CHECK(index.subscriptions() == 0);
}

TEST_CASE("a pattern that comes or goes later counts from then on") {
    TopicIndex index;
    index.subscribe(1, "a.b");
    CHECK(subscribers(index, "a.b") == Sessions{1});
    index.subscribe(2, "a.*");
    CHECK(subscribers(index, "a.b") == Sessions{1, 2});
    index.unsubscribe(2, "a.*");
    CHECK(subscribers(index, "a.b") == Sessions{1});
    index.subscribe(3, "*");
    CHECK(subscribers(index, "a.b") == Sessions{1, 3});
}

TEST_CASE("whoever takes the place of a pattern that has gone does not hear what it heard") {
    TopicIndex index;
    index.subscribe(1, "a.*");
    CHECK(subscribers(index, "a.b") == Sessions{1});
    index.unsubscribe(1, "a.*");
    index.subscribe(2, "elsewhere");  // in the place of the pattern
    CHECK(subscribers(index, "a.b").empty());
}

TEST_CASE("a session that leaves leaves every topic") {
    TopicIndex index;
    for (TopicIndex::SessionIndex session = 0; session < 10; ++session)
        for (const std::string_view name : {"a", "b", "a.*", "*"}) index.subscribe(session, name);
    CHECK(index.subscriptions_of(4) == 4);
    index.unsubscribe_all(4);
    CHECK(index.subscriptions_of(4) == 0);
    CHECK(index.subscriptions() == 36);
    CHECK(subscribers(index, "a") == Sessions{0, 1, 2, 3, 5, 6, 7, 8, 9});
    index.unsubscribe_all(4);
    index.unsubscribe_all(12345);
    CHECK(index.subscriptions() == 36);
    CHECK(index.subscriptions_of(12345) == 0);
}

TEST_CASE("a topic counts its messages from 1, and keeps counting while nobody listens") {
    TopicIndex index;
    const TopicId id = index.intern("a");
    CHECK(index.next_sequence(id) == 1);
    CHECK(index.next_sequence(id) == 2);
    index.subscribe(1, "a");
    index.unsubscribe(1, "a");
    CHECK(index.intern("a") == id);
    CHECK(index.next_sequence(id) == 3);
}

TEST_CASE("a sequence number that was not used can be taken back, if it is still the last") {
    TopicIndex index;
    const TopicId id = index.intern("a");
    index.next_sequence(id);
    const std::uint64_t second = index.next_sequence(id);
    index.take_back_sequence(id, second);
    CHECK(index.next_sequence(id) == 2);
    index.next_sequence(id);
    index.take_back_sequence(id, 2);  // 3 has been given out since
    CHECK(index.next_sequence(id) == 4);
    index.forget("a");
    index.take_back_sequence(id, 4);  // not the forgotten topic's successor's
    CHECK(index.next_sequence(index.intern("b")) == 1);
}

TEST_CASE("a topic that was never published to costs nothing once its last member has left") {
    TopicIndex index;
    index.subscribe(1, "a");
    index.subscribe(1, "b.*");
    CHECK(index.topics() == 2);
    index.unsubscribe(1, "a");
    index.unsubscribe_all(1);
    CHECK(index.topics() == 0);
}

TEST_CASE("a topic can be forgotten unless somebody listens, and then begins anew") {
    TopicIndex index;
    index.next_sequence(index.intern("a"));
    index.subscribe(1, "a");
    CHECK_FALSE(index.forget("a"));
    CHECK_FALSE(index.forget("never heard of"));
    index.unsubscribe(1, "a");
    CHECK(index.topics() == 1);
    CHECK(index.forget("a"));
    CHECK(index.topics() == 0);
    CHECK(index.next_sequence(index.intern("a")) == 1);
}

TEST_CASE("the id of a forgotten topic names nobody, also when its place is taken") {
    TopicIndex index;
    const TopicId old = index.intern("old");
    CHECK(index.name(old) == "old");
    index.forget("old");
    CHECK(index.name(old).empty());
    const TopicId young = index.intern("young");
    CHECK(young != old);
    CHECK(index.name(old).empty());
    CHECK(index.name(young) == "young");
    CHECK(index.name(Label::no_topic).empty());
    CHECK(index.name(4711).empty());
}

TEST_CASE("a place is used 256 times before an id comes back") {
    TopicIndex index;
    const TopicId first = index.intern("0");
    index.forget("0");
    for (int n = 1; n < 256; ++n) {
        const std::string name = std::to_string(n);
        CHECK(index.intern(name) != first);
        index.forget(name);
    }
    CHECK(index.intern("256") == first);
}

TEST_CASE("options are the topic's own, or those of the nearest pattern above it that has any") {
    TopicIndex index;
    const auto when_full = [&index](std::string_view topic) { return index.options(index.intern(topic)).when_full; };
    CHECK(when_full("a.b.c") == std::nullopt);
    index.configure("*", {.when_full = WhenFull::drop_oldest});
    CHECK(when_full("a.b.c") == WhenFull::drop_oldest);
    index.configure("a.b.*", {.when_full = WhenFull::conflate});
    index.configure("a.*", {.when_full = WhenFull::drop_newest});
    CHECK(when_full("a.b.c") == WhenFull::conflate);
    CHECK(when_full("a.x") == WhenFull::drop_newest);
    CHECK(when_full("a") == WhenFull::drop_oldest);
    index.configure("a.b.c", {.when_full = WhenFull::disconnect});
    CHECK(when_full("a.b.c") == WhenFull::disconnect);
    index.configure("a.b.c", {});  // its own say is now "as the hub does"
    CHECK(when_full("a.b.c") == std::nullopt);
}

TEST_CASE("options of a pattern outlive its subscribers and end when it is forgotten") {
    TopicIndex index;
    index.configure("a.*", {.when_full = WhenFull::conflate});
    index.subscribe(1, "a.*");
    index.unsubscribe(1, "a.*");
    CHECK(index.options(index.intern("a.b")).when_full == WhenFull::conflate);
    CHECK(index.forget("a.*"));
    CHECK(index.options(index.intern("a.b")).when_full == std::nullopt);
}

TEST_CASE("a pattern that only listens does not hide the options of one above it") {
    TopicIndex index;
    index.configure("*", {.when_full = WhenFull::drop_newest});
    index.subscribe(1, "a.*");
    CHECK(index.options(index.intern("a.b")).when_full == WhenFull::drop_newest);
}

TEST_CASE("a session's topics and patterns can be gone through") {
    TopicIndex index;
    const auto topics_of = [&](TopicIndex::SessionIndex session) {
        std::vector<std::string> names;
        index.for_each_topic_of(session, [&](std::string_view name) { names.emplace_back(name); });
        return names;
    };
    CHECK(topics_of(7).empty());
    for (const char* name : {"a", "b.*", "c"}) index.subscribe(1, name);
    index.subscribe(2, "a");
    CHECK(topics_of(1) == std::vector<std::string>{"a", "b.*", "c"});
    CHECK(topics_of(2) == std::vector<std::string>{"a"});
    CHECK(topics_of(0).empty());
    index.unsubscribe(2, "a");
    CHECK(topics_of(2).empty());
}

TEST_CASE("a topic whose numbers somebody else gives out stays when its last subscriber goes") {
    TopicIndex index;
    index.subscribe(1, "a.b");
    index.subscribe(2, "a.*");
    const TopicId id = index.intern("a.b");
    index.note_sequence(id, 7);
    index.unsubscribe_all(1);
    CHECK(index.name(id) == "a.b");
    CHECK(subscribers(index, "a.b") == Sessions{2});
    CHECK(index.next_sequence(id) == 8);
}

TEST_CASE("a topic finds its own patterns, whoever has asked about the one that was in its place before") {
    TopicIndex index;
    index.subscribe(1, "a.*");
    const TopicId gone = index.intern("b");
    index.forget("b");
    index.options(gone);
    CHECK(subscribers(index, "a.b") == Sessions{1});
}

TEST_CASE("the number of topics is bounded, and a refusal changes nothing") {
    TopicIndex index{2};
    index.intern("a");
    index.subscribe(1, "b");
    CHECK_THROWS_AS(index.intern("c"), std::length_error);
    CHECK_THROWS_AS(index.subscribe(2, "c"), std::length_error);
    CHECK_THROWS_AS(index.configure("c", {}), std::length_error);
    CHECK(index.topics() == 2);
    CHECK(index.subscriptions() == 1);
    CHECK(index.subscribe(2, "b"));
    index.forget("a");
    CHECK(index.subscribe(2, "c"));
    CHECK(subscribers(index, "b") == Sessions{1, 2});
}
