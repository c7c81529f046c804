#include <kingbolt/engine/topic_name.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt::engine;

TEST_CASE("a topic is 1 to 255 bytes") {
    CHECK_FALSE(is_topic(""));
    CHECK(is_topic("a"));
    CHECK(is_topic(std::string(255, 'x')));
    CHECK_FALSE(is_topic(std::string(256, 'x')));
}

TEST_CASE("a topic holds no star and no control character, and may hold anything else") {
    CHECK_FALSE(is_topic("*"));
    CHECK_FALSE(is_topic("a*"));
    CHECK_FALSE(is_topic("a.*"));
    CHECK_FALSE(is_topic("a\nb"));
    CHECK_FALSE(is_topic(std::string_view{"a\0b", 3}));
    CHECK_FALSE(is_topic("a\x1F"));
    CHECK_FALSE(is_topic("a\x7F"));
    CHECK(is_topic("a b"));
    CHECK(is_topic("agents.7/ü"));
    CHECK(is_topic("."));
    CHECK(is_topic("a..b."));
}

TEST_CASE("one may subscribe to a topic, or to a pattern whose whole last level is a star") {
    CHECK(is_subscribable("agents.7"));
    CHECK(is_subscribable("*"));
    CHECK(is_subscribable("agents.*"));
    CHECK(is_subscribable("agents.7.*"));
    CHECK_FALSE(is_subscribable(""));
    CHECK_FALSE(is_subscribable(".*"));
    CHECK_FALSE(is_subscribable("agents*"));
    CHECK_FALSE(is_subscribable("agents.*.cpu"));
    CHECK_FALSE(is_subscribable("*.cpu"));
    CHECK_FALSE(is_subscribable("agents.**"));
    CHECK_FALSE(is_subscribable("*.*"));
    CHECK_FALSE(is_subscribable("a\n.*"));
}

TEST_CASE("a pattern, like a topic, has at most 255 bytes") {
    CHECK(is_subscribable(std::string(253, 'x') + ".*"));
    CHECK_FALSE(is_subscribable(std::string(254, 'x') + ".*"));
}

TEST_CASE("only names that end in a level of one star are patterns") {
    CHECK(is_pattern("*"));
    CHECK(is_pattern("a.*"));
    CHECK_FALSE(is_pattern("a"));
    CHECK_FALSE(is_pattern("a*"));
}

TEST_CASE("a topic is covered by the star and by each of its levels' beginnings") {
    const auto prefixes = [](std::string_view topic) {
        std::vector<std::string> all;
        for_each_covering_prefix(topic, [&](std::string_view prefix) { all.emplace_back(prefix); });
        return all;
    };
    using Prefixes = std::vector<std::string>;
    CHECK(prefixes("a.b.c") == Prefixes{"", "a.", "a.b."});
    CHECK(prefixes("abc") == Prefixes{""});
    CHECK(prefixes("a..b") == Prefixes{"", "a.", "a.."});
    CHECK(prefixes(".a.b") == Prefixes{"", ".a."});
}
