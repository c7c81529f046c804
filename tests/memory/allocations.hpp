#pragma once
// What this executable has allocated with `new`: allocations_test.cpp replaces the global operators.

#include <cstddef>
#include <cstdint>

namespace kingbolt::test {

struct Allocations {
    std::uint64_t count = 0;     ///< since the program began
    std::size_t live_bytes = 0;  ///< as asked for, the allocator's own overhead apart
};

Allocations allocations() noexcept;

/// What happened since it was made.
class Measure {
public:
    std::uint64_t count() const noexcept { return allocations().count - before_.count; }
    /// Bytes that are held now and were not before; 0 if fewer are.
    std::size_t held() const noexcept {
        const std::size_t now = allocations().live_bytes;
        return now > before_.live_bytes ? now - before_.live_bytes : 0;
    }

private:
    Allocations before_ = allocations();
};

}  // namespace kingbolt::test
