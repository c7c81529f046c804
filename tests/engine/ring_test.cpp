#include <kingbolt/engine/ring.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

using kingbolt::engine::Ring;

TEST_CASE("a ring is a queue: first in, first out, also across its seam and while it grows") {
    Ring<int> ring;
    int next_in = 0;
    int next_out = 0;
    for (int round = 0; round < 100; ++round) {
        for (int n = 0; n < 7; ++n) ring.push_back(next_in++);
        for (int n = 0; n < 5; ++n) REQUIRE(ring.pop_front() == next_out++);
    }
    CHECK(ring.size() == 200);
    while (!ring.empty()) REQUIRE(ring.pop_front() == next_out++);
    CHECK(next_out == next_in);
}

TEST_CASE("what is taken out, filtered out or cleared is released at once") {
    const auto item = std::make_shared<int>(1);
    Ring<std::shared_ptr<int>> ring;
    for (int n = 0; n < 6; ++n) ring.push_back(item);
    CHECK(item.use_count() == 7);
    ring.pop_front();
    CHECK(item.use_count() == 6);
    ring.filter([](const auto&, std::size_t i) { return i % 2 == 0; });
    CHECK(ring.size() == 3);
    CHECK(item.use_count() == 4);
    ring.clear();
    CHECK(ring.empty());
    CHECK(item.use_count() == 1);
}

TEST_CASE("an emptied ring, cleared or shrunk, can be used again") {
    Ring<int> ring;
    for (int n = 0; n < 1000; ++n) ring.push_back(n);
    while (!ring.empty()) ring.pop_front();
    ring.shrink_if_empty();
    ring.push_back(1);
    CHECK(ring.front() == 1);
    ring.shrink_if_empty();  // not empty: nothing happens
    CHECK(ring.size() == 1);
    ring.clear();
    ring.clear();
    ring.push_back(2);
    CHECK(ring.pop_front() == 2);
}

TEST_CASE("over random operations a ring holds what a deque would hold") {
    std::mt19937_64 random{1};
    Ring<std::unique_ptr<int>> ring;
    std::deque<int> model;
    for (int step = 0; step < 20'000; ++step) {
        switch (random() % 8) {
        case 0:
        case 1:
        case 2:
        case 3:
            ring.push_back(std::make_unique<int>(step));
            model.push_back(step);
            break;
        case 4:
        case 5:
        case 6:
            if (model.empty()) break;
            REQUIRE(*ring.pop_front() == model.front());
            model.pop_front();
            ring.shrink_if_empty();
            break;
        default: {
            const std::uint64_t keep = random() % 4 == 0 ? 2 : 8;  // mostly seven of eight
            std::vector<std::size_t> seen;
            ring.filter([&](const auto& item, std::size_t i) {
                seen.push_back(i);
                return static_cast<std::uint64_t>(*item) % keep != 0;
            });
            REQUIRE(seen.size() == model.size());
            std::erase_if(model, [keep](int item) { return static_cast<std::uint64_t>(item) % keep == 0; });
        }
        }
        REQUIRE(ring.size() == model.size());
        REQUIRE(ring.empty() == model.empty());
        for (std::size_t i = 0; i < model.size(); ++i) REQUIRE(*ring[i] == model[i]);
    }
}

TEST_CASE("a filter whose judgement throws keeps what was not judged yet") {
    Ring<std::unique_ptr<int>> ring;
    for (int n = 0; n < 6; ++n) ring.push_back(std::make_unique<int>(n));
    const auto judge = [](const auto& item, std::size_t i) {
        if (i == 3) throw std::runtime_error{"no memory"};
        return *item != 1;
    };
    CHECK_THROWS_AS(ring.filter(judge), std::runtime_error);
    for (const int expected : {0, 2, 3, 4, 5}) {
        const auto item = ring.pop_front();
        REQUIRE(item);
        CHECK(*item == expected);
    }
    CHECK(ring.empty());
}
