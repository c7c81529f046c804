#pragma once
// An allocator that fails when it is told to. It replaces that of the whole executable: exactly one of its sources includes this.

#include "support/catch.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace kingbolt::test {

/// How many more allocations succeed; negative: all. After the one that fails all succeed again.
inline long allocations_left = -1;
/// That one has failed.
inline bool allocation_failed = false;
/// How many have not been given back, by any thread.
inline std::atomic<long> allocations_in_use = 0;

/// `life(n)` for every n, from 0, until no allocation is left to fail; how many there were. `life` lets its n-th allocation fail.
template <class Life>
long for_every_allocation(Life&& life) {
    long n = 0;
    for (allocation_failed = true; allocation_failed; ++n) {
        allocation_failed = false;
        CAPTURE(n);
        life(n);
    }
    return n;
}

}  // namespace kingbolt::test

// NOLINTBEGIN: not inlined, because where only one of a pair is, g++ 12 takes new and free for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    using namespace kingbolt::test;
    if (allocations_left == 0) {
        allocations_left = -1;
        allocation_failed = true;
        return nullptr;
    }
    if (allocations_left > 0) --allocations_left;
    ++allocations_in_use;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new[](std::size_t size) { return operator new(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    if (memory != nullptr) --kingbolt::test::allocations_in_use;
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { operator delete(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { operator delete(memory); }
// NOLINTEND
