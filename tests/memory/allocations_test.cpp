// The counting operators, and a test that they count.

#include "memory/allocations.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "support/catch.hpp"

namespace {

std::atomic<std::uint64_t> allocation_count{0};
std::atomic<std::size_t> allocated_bytes{0};

// The size stands in front of the bytes that are handed out.
constexpr std::size_t offset_for(std::size_t alignment) noexcept { return std::max(alignment, alignof(std::max_align_t)); }

void* allocate_or_null(std::size_t size, std::size_t alignment) noexcept {
    const std::size_t offset = offset_for(alignment);
    const std::size_t whole = (size + 2 * offset - 1) / offset * offset;
    auto* raw = static_cast<std::byte*>(std::aligned_alloc(offset, whole));
    if (raw == nullptr) return nullptr;
    std::memcpy(raw, &size, sizeof size);
    ++allocation_count;
    allocated_bytes += size;
    return raw + offset;
}

void* allocate(std::size_t size, std::size_t alignment) {
    if (void* memory = allocate_or_null(size, alignment)) return memory;
    throw std::bad_alloc{};
}

void release(void* memory, std::size_t alignment) noexcept {
    if (memory == nullptr) return;
    auto* raw = static_cast<std::byte*>(memory) - offset_for(alignment);
    std::size_t size = 0;
    std::memcpy(&size, raw, sizeof size);
    allocated_bytes -= size;
    std::free(raw);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new[](std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, static_cast<std::size_t>(alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return allocate(size, static_cast<std::size_t>(alignment)); }
// A sanitizer's own versions of these would not come here.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size, 1); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size, 1); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory, 1); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory, 1); }
void operator delete(void* memory) noexcept { release(memory, 1); }
void operator delete[](void* memory) noexcept { release(memory, 1); }
void operator delete(void* memory, std::size_t) noexcept { release(memory, 1); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory, 1); }
void operator delete(void* memory, std::align_val_t alignment) noexcept { release(memory, static_cast<std::size_t>(alignment)); }
void operator delete[](void* memory, std::align_val_t alignment) noexcept { release(memory, static_cast<std::size_t>(alignment)); }
void operator delete(void* memory, std::size_t, std::align_val_t alignment) noexcept {
    release(memory, static_cast<std::size_t>(alignment));
}
void operator delete[](void* memory, std::size_t, std::align_val_t alignment) noexcept {
    release(memory, static_cast<std::size_t>(alignment));
}

namespace kingbolt::test {

Allocations allocations() noexcept { return {allocation_count, allocated_bytes}; }

}  // namespace kingbolt::test

namespace {

struct alignas(64) Line {
    char bytes[64];
};

}  // namespace

TEST_CASE("the counter counts what is allocated and what is given back") {
    const kingbolt::test::Measure measure;
    auto number = std::make_unique<std::uint64_t>(1);
    auto line = std::make_unique<Line>();
    auto array = std::make_unique<char[]>(100);
    CHECK(reinterpret_cast<std::uintptr_t>(line.get()) % 64 == 0);
    const std::uint64_t count = measure.count();
    const std::size_t held = measure.held();
    line.reset();
    array.reset();
    const std::size_t left = measure.held();
    number.reset();
    const std::size_t end = measure.held();
    CHECK(count == 3);
    CHECK(held == 8 + 64 + 100);
    CHECK(left == 8);
    CHECK(end == 0);
}
