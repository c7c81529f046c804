#include <kingbolt/engine/stale_store.hpp>

#include <chrono>
#include <string>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{10'000h};
using Store = engine::StaleStore<std::string, int>;

}  // namespace

TEST_CASE("a store gives back the last value of a key, and when it came") {
    Store store{{.max_age = 1h}};
    store.put("a", 1, start);
    store.put("a", 2, start + 1s);
    REQUIRE(store.find("a", start + 2s) != nullptr);
    CHECK(store.find("a", start + 2s)->value == 2);
    CHECK(store.find("a", start + 2s)->at == start + 1s);
    CHECK(store.find("b", start) == nullptr);
    CHECK(store.size() == 1);
}

TEST_CASE("a value is kept for its greatest age, that age included") {
    Store store{{.max_age = 10s}};
    store.put("a", 1, start);
    CHECK(store.find("a", start + 10s) != nullptr);
    CHECK(store.find("a", start + 10s + 1ns) == nullptr);
    CHECK(store.size() == 0);
}

TEST_CASE("at its capacity a store forgets what was used least recently") {
    Store store{{.capacity = 2, .max_age = 1h}};
    store.put("a", 1, start);
    store.put("b", 2, start);
    CHECK(store.find("a", start) != nullptr);
    store.put("c", 3, start);
    CHECK(store.find("b", start) == nullptr);
    CHECK(store.find("a", start) != nullptr);
    CHECK(store.find("c", start) != nullptr);
}

TEST_CASE("a store holds no more bytes than it may, and nothing that is over them alone") {
    Store store{{.max_bytes = 100, .max_age = 1h}};
    store.put("a", 1, start, 60);
    store.put("b", 2, start, 40);
    CHECK(store.bytes() == 100);
    store.put("c", 3, start, 1);
    CHECK(store.bytes() == 41);
    CHECK(store.find("a", start) == nullptr);
    store.put("b", 4, start, 101);
    CHECK(store.find("b", start) == nullptr);
    CHECK(store.bytes() == 1);
}

TEST_CASE("what is erased is gone, and erasing nothing is no error") {
    Store store{{.max_age = 1h}};
    store.put("a", 1, start, 7);
    store.erase("a");
    store.erase("a");
    CHECK(store.size() == 0);
    CHECK(store.bytes() == 0);
}
