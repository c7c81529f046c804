#include <kingbolt/engine/short_list.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

using kingbolt::engine::ShortList;

TEST_CASE("a short list does what a vector does, at every length") {
    std::mt19937 random{7};
    ShortList<std::uint64_t> list;
    std::vector<std::uint64_t> model;
    for (int step = 0; step < 20'000; ++step) {
        switch (random() % 7) {
        case 0:
        case 1:
        case 2:
            list.push_back(random());
            model.push_back(list.back());
            break;
        case 3:
        case 4:
            if (model.empty()) break;
            list.pop_back();
            model.pop_back();
            break;
        case 5:
            if (model.empty()) break;
            list[random() % list.size()] = 1;
            model.assign(list.begin(), list.end());
            break;
        default:
            if (random() % 100 != 0) break;
            list.clear();
            model.clear();
        }
        REQUIRE(list.size() == model.size());
        REQUIRE(list.empty() == model.empty());
        REQUIRE(std::equal(list.begin(), list.end(), model.begin(), model.end()));
    }
}

TEST_CASE("a short list of one is no larger than its element and two counts") { STATIC_REQUIRE(sizeof(ShortList<std::uint64_t>) == 16); }
