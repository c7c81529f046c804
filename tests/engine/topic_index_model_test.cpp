// The index beside a plain set of (session, name) pairs, matched letter by letter, through the same random life.

#include <kingbolt/engine/topic_index.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::TopicIndex;

namespace {

using Session = TopicIndex::SessionIndex;

bool covers(std::string_view name, std::string_view topic) {
    if (name == "*" || name == topic) return true;
    return name.ends_with(".*") && topic.starts_with(name.substr(0, name.size() - 1));
}

struct Model {
    std::set<std::pair<Session, std::string>> pairs;
    std::map<std::string, std::uint64_t> sequences;
    std::map<std::string, WhenFull> options;

    std::vector<Session> subscribers(std::string_view topic) const {
        std::set<Session> found;
        for (const auto& [session, name] : pairs)
            if (covers(name, topic)) found.insert(session);
        return {found.begin(), found.end()};
    }
    // The longest name that covers the topic and has options; a pattern is shorter than what it covers.
    std::optional<WhenFull> when_full(const std::string& topic) const {
        std::optional<WhenFull> found;
        std::size_t longest = 0;
        for (const auto& [name, option] : options) {
            if (!covers(name, topic) || name.size() < longest) continue;
            longest = name.size();
            found = option;
        }
        if (const auto own = options.find(topic); own != options.end()) found = own->second;
        return found;
    }
    bool has_members(const std::string& name) const {
        return std::ranges::any_of(pairs, [&](const auto& pair) { return pair.second == name; });
    }
};

}  // namespace

TEST_CASE("over random operations the index does what a plain set of pairs would do") {
    const auto seed = GENERATE(range(1, 7));
    std::mt19937_64 random{static_cast<std::uint64_t>(seed)};
    const auto below = [&random](std::uint64_t n) { return random() % n; };
    const auto topic = [&] {
        std::string name(1, static_cast<char>('a' + below(3)));
        for (std::uint64_t depth = below(3); depth > 0; --depth) name.append(1, '.').append(1, static_cast<char>('a' + below(3)));
        return name;
    };
    const auto name = [&] { return below(10) == 0 ? std::string{"*"} : below(3) == 0 ? topic() + ".*" : topic(); };

    TopicIndex index;
    Model model;
    for (int step = 0; step < 6'000; ++step) {
        const auto session = static_cast<Session>(below(30));
        switch (below(10)) {
        case 0:
        case 1:
        case 2: {
            const std::string chosen = name();
            REQUIRE(index.subscribe(session, chosen) == model.pairs.emplace(session, chosen).second);
            break;
        }
        case 3:
        case 4: {
            const std::string chosen = name();
            REQUIRE(index.unsubscribe(session, chosen) == (model.pairs.erase({session, chosen}) == 1));
            break;
        }
        case 5:
            if (below(4) != 0) break;
            index.unsubscribe_all(session);
            std::erase_if(model.pairs, [&](const auto& pair) { return pair.first == session; });
            break;
        case 6: {
            if (below(4) != 0) break;
            const std::string chosen = name();
            const bool members = model.has_members(chosen);
            if (members) REQUIRE_FALSE(index.forget(chosen));
            if (members || !index.forget(chosen)) break;
            model.sequences.erase(chosen);
            model.options.erase(chosen);
            break;
        }
        case 7: {
            if (below(4) != 0) break;
            const std::string chosen = name();
            const auto when_full = static_cast<WhenFull>(below(4));
            index.configure(chosen, {.when_full = when_full});
            model.options[chosen] = when_full;
            break;
        }
        default: {
            const std::string chosen = topic();
            const TopicId id = index.intern(chosen);
            REQUIRE(index.name(id) == chosen);
            REQUIRE(index.next_sequence(id) == ++model.sequences[chosen]);
            REQUIRE(index.options(id).when_full == model.when_full(chosen));
            std::vector<Session> heard;
            index.for_each_subscriber(id, [&](Session s) { heard.push_back(s); });
            std::ranges::sort(heard);
            REQUIRE(heard == model.subscribers(chosen));  // a session that is told twice shows here
        }
        }
        REQUIRE(index.subscriptions() == model.pairs.size());
        REQUIRE(index.subscriptions_of(session) ==
                static_cast<std::size_t>(std::ranges::count(model.pairs, session, [](const auto& pair) { return pair.first; })));
    }

    for (Session session = 0; session < 30; ++session) index.unsubscribe_all(session);
    CHECK(index.subscriptions() == 0);
    std::set<std::string> kept;
    for (const auto& [chosen, sequence] : model.sequences) kept.insert(chosen);
    for (const auto& [chosen, option] : model.options) kept.insert(chosen);
    CHECK(index.topics() == kept.size());
}
