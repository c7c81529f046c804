#include <kingbolt/engine/session_table.hpp>

#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::SessionTable;

namespace {

struct Record {
    Record(SessionId its_id, int its_value) : id{its_id}, value{its_value} {
        if (value < 0) throw std::runtime_error{"refused"};
    }
    SessionId id;
    int value;
};

}  // namespace

TEST_CASE("a session is found by its id, at an address that does not change") {
    SessionTable<Record> table;
    Record& first = table.emplace(1);
    const SessionId id = first.id;
    for (int n = 0; n < 1000; ++n) table.emplace(n);
    CHECK(table.find(id) == &first);
    CHECK(&table.at(id.index) == &first);
    CHECK(table.size() == 1001);
}

TEST_CASE("an id that was never given out finds nobody") {
    SessionTable<Record> table;
    CHECK(table.find({}) == nullptr);
    const SessionId id = table.emplace(1).id;
    CHECK(id);
    CHECK(table.find({}) == nullptr);
    CHECK(table.find({.index = id.index, .generation = 0}) == nullptr);
    CHECK(table.find({.index = id.index, .generation = id.generation + 1}) == nullptr);
    CHECK(table.find({.index = id.index + 1, .generation = id.generation}) == nullptr);
    CHECK(table.find({.index = 0xFFFF'FFFF, .generation = 1}) == nullptr);
}

TEST_CASE("the id of a session that has gone never means somebody new") {
    SessionTable<Record> table;
    const SessionId old = table.emplace(1).id;
    const std::unique_ptr<Record> gone = table.remove(old);
    CHECK(gone->value == 1);
    CHECK(table.find(old) == nullptr);
    const SessionId young = table.emplace(2).id;
    CHECK(young.index == old.index);
    CHECK(young != old);
    CHECK(table.find(old) == nullptr);
    CHECK(table.find(young)->value == 2);
}

TEST_CASE("an index whose generations are used up is retired, not begun anew") {
    SessionTable<Record, 3> table;
    std::set<SessionId> seen;
    for (int n = 0; n < 10; ++n) {
        const SessionId id = table.emplace(n).id;
        CHECK(id);
        CHECK(seen.insert(id).second);
        table.remove(id);
    }
    CHECK(seen.rbegin()->index == 3);
}

TEST_CASE("a record that cannot be built leaves the table as it was") {
    SessionTable<Record> table;
    CHECK_THROWS_AS(table.emplace(-1), std::runtime_error);
    CHECK(table.size() == 0);
    const SessionId id = table.emplace(5).id;
    CHECK(id == SessionId{.index = 0, .generation = 1});
    table.remove(id);
    CHECK_THROWS_AS(table.emplace(-1), std::runtime_error);
    CHECK(table.find(id) == nullptr);
    CHECK(table.emplace(6).id == SessionId{.index = 0, .generation = 2});
}

TEST_CASE("a visit of all sessions may end any of them") {
    SessionTable<Record> table;
    for (int n = 0; n < 10; ++n) table.emplace(n);
    std::vector<int> visited;
    table.for_each([&](Record& record) {
        visited.push_back(record.value);
        if (record.value == 2) table.remove({.index = 3, .generation = 1});
        table.remove(record.id);
    });
    CHECK(visited == std::vector<int>{0, 1, 2, 4, 5, 6, 7, 8, 9});
    CHECK(table.size() == 0);
    table.for_each([](Record&) { FAIL("nobody is left"); });
}

TEST_CASE("over random operations a table finds what a map would find") {
    std::mt19937_64 random{1};
    SessionTable<Record> table;
    std::unordered_map<SessionId, int> model;
    std::vector<SessionId> ids;
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 2 == 0 || ids.empty()) {
            const SessionId id = table.emplace(step).id;
            REQUIRE(model.emplace(id, step).second);
            ids.push_back(id);
        } else {
            const SessionId id = ids[random() % ids.size()];
            Record* found = table.find(id);
            REQUIRE((found != nullptr) == model.contains(id));
            if (found == nullptr) continue;
            REQUIRE(found->value == model.at(id));
            table.remove(id);
            model.erase(id);
        }
        REQUIRE(table.size() == model.size());
    }
}
