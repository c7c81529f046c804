#pragma once
// An array that grows in blocks and never moves. What a hub keeps by session index lies in these: a vector that doubles copies
// everything at once, and the states of a million sessions took 100 ms to copy, on the loop, while a client waited for its upgrade.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <vector>

namespace kingbolt::engine {

template <class T>
class BlockArray {
public:
    /// Elements are added by so many: about 16 KiB.
    static constexpr std::size_t block = std::bit_floor(std::max<std::size_t>(1, 16'384 / sizeof(T)));

    /// Makes `index` an element, if it is none yet. New elements are value-initialised. Throws std::bad_alloc; what was there stays.
    void reach(std::size_t index) {
        if (index >= size()) grow(index);
    }

    T& operator[](std::size_t index) noexcept { return blocks_[index / block][index % block]; }
    const T& operator[](std::size_t index) const noexcept { return blocks_[index / block][index % block]; }

    /// A multiple of `block`.
    std::size_t size() const noexcept { return size_; }

private:
    // Apart, so that the question, which is asked often, stays small.
    [[gnu::noinline]] void grow(std::size_t index) {
        for (; index >= size_; size_ += block) blocks_.push_back(std::make_unique<T[]>(block));
    }

    std::vector<std::unique_ptr<T[]>> blocks_;
    std::size_t size_ = 0;
};

}  // namespace kingbolt::engine
