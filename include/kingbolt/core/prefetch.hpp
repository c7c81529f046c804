#pragma once
// A hint that memory will soon be read and written. It changes nothing but the time that takes.

namespace kingbolt {

/// Any address will do.
inline void prefetch([[maybe_unused]] const void* address) noexcept {
#if defined(__GNUC__)
    __builtin_prefetch(address, 1);
    // GCC takes a function that does nothing but prefetch, and whatever calls nothing else, for one without effect, and drops the
    // calls of it. This says that there is one, and is no instruction.
    __asm__ volatile("" : : "r"(address));
#endif
}

}  // namespace kingbolt
