#include <kingbolt/engine/block_array.hpp>

#include <cstddef>
#include <memory>

#include "support/catch.hpp"

using kingbolt::engine::BlockArray;

TEST_CASE("an array of blocks grows without moving what is in it") {
    BlockArray<std::unique_ptr<int>> array;
    CHECK(array.size() == 0);
    array.reach(0);
    const auto* first = &array[0];
    array[0] = std::make_unique<int>(7);
    array.reach(5 * array.block);
    CHECK(&array[0] == first);
    CHECK(*array[0] == 7);
    CHECK(array[5 * array.block] == nullptr);
    CHECK(array.size() == 6 * array.block);
}

TEST_CASE("to reach what is there already changes nothing") {
    BlockArray<int> array;
    array.reach(10);
    array[10] = 3;
    const std::size_t size = array.size();
    array.reach(10);
    array.reach(size - 1);
    CHECK(array.size() == size);
    CHECK(array[10] == 3);
    CHECK(array[9] == 0);
}

TEST_CASE("an element larger than a block has a block of its own") {
    struct Large {
        char bytes[100'000];
    };
    BlockArray<Large> array;
    array.reach(1);
    CHECK(array.size() == 2);
}
