#include <kingbolt/engine/id_lists.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <stdexcept>

#include "support/catch.hpp"

using kingbolt::engine::IdLists;

namespace {

constexpr auto no_preparation = [](std::uint32_t) {};

template <std::size_t count>
std::multiset<std::uint32_t> drained(IdLists<count>& lists, std::size_t list) {
    std::multiset<std::uint32_t> ids;
    lists.drain(list, no_preparation, [&](std::uint32_t id) {
        ids.insert(id);
        return true;
    });
    return ids;
}

}  // namespace

TEST_CASE("a drained list has given each of its ids once, and is empty") {
    IdLists<2> lists;
    for (std::uint32_t id = 0; id < 1000; ++id) lists.push(id % 2, id);
    const auto odd = drained(lists, 1);
    CHECK(odd.size() == 500);
    for (std::uint32_t id = 1; id < 1000; id += 2) CHECK(odd.count(id) == 1);
    CHECK(drained(lists, 1).empty());
    CHECK(drained(lists, 0).size() == 500);
}

TEST_CASE("while one list is drained, others may be filled") {
    IdLists<3> lists;
    for (std::uint32_t id = 0; id < 200; ++id) lists.push(0, id);
    lists.drain(0, no_preparation, [&](std::uint32_t id) {
        lists.push(1, id);
        lists.push(2, id);
        return true;
    });
    CHECK(drained(lists, 1).size() == 200);
    CHECK(drained(lists, 2).size() == 200);
}

TEST_CASE("what is prepared is visited later, each id at most once") {
    IdLists<1> lists;
    for (std::uint32_t id = 0; id < 300; ++id) lists.push(0, id);
    std::set<std::uint32_t> prepared;
    std::set<std::uint32_t> visited;
    lists.drain(
        0,
        [&](std::uint32_t id) {
            CHECK_FALSE(visited.contains(id));
            CHECK(prepared.insert(id).second);
        },
        [&](std::uint32_t id) { return visited.insert(id).second; });
    CHECK(visited.size() == 300);
    CHECK(prepared.size() >= 280);
}

TEST_CASE("a visit that throws leaves what was not visited in the list") {
    IdLists<1> lists;
    for (std::uint32_t id = 0; id < 500; ++id) lists.push(0, id);
    std::set<std::uint32_t> seen;
    const auto until = [&](std::size_t most) {
        lists.drain(0, no_preparation, [&](std::uint32_t id) {
            if (seen.size() == most) throw std::runtime_error{"enough"};
            return seen.insert(id).second;
        });
    };
    CHECK_THROWS_AS(until(200), std::runtime_error);
    CHECK(seen.size() == 200);
    until(1000);
    CHECK(seen.size() == 500);
}

TEST_CASE("whom a visit leaves stays in the list, wherever in it, and the rest has gone") {
    for (const auto& left : {std::set<std::uint32_t>{0}, {100}, {199}, {0, 199}, {70, 71, 130}}) {
        IdLists<2> lists;
        for (std::uint32_t id = 0; id < 200; ++id) lists.push(0, id);
        std::multiset<std::uint32_t> visited;
        lists.drain(0, no_preparation, [&](std::uint32_t id) {
            visited.insert(id);
            return !left.contains(id);
        });
        CHECK(visited.size() == 200);
        for (std::uint32_t id = 200; id < 400; ++id) lists.push(id % 2, id);  // what was given up has new owners
        const auto again = drained(lists, 0);
        for (const std::uint32_t id : left) CHECK(again.count(id) == 1);
        for (std::uint32_t id = 200; id < 400; ++id) CHECK(again.count(id) == (id % 2 == 0 ? 1 : 0));
        CHECK(again.size() <= 100 + 63 * left.size());
        CHECK(drained(lists, 1).size() == 100);
        CHECK(drained(lists, 0).empty());
    }
}

TEST_CASE("over random pushes and drains the lists hold what vectors would hold") {
    std::mt19937_64 random{3};
    IdLists<8> lists;
    std::array<std::multiset<std::uint32_t>, 8> model;
    for (int step = 0; step < 20'000; ++step) {
        const std::size_t list = random() % 8;
        if (random() % 200 == 0) {
            REQUIRE(drained(lists, list) == model.at(list));
            model.at(list).clear();
        } else {
            const auto id = static_cast<std::uint32_t>(random() % 5000);
            lists.push(list, id);
            model.at(list).insert(id);
        }
    }
}
