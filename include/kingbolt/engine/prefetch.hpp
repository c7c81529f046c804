#pragma once
// A hint that memory will soon be read and written. It changes nothing but the time that takes.

namespace kingbolt::engine {

inline void prefetch([[maybe_unused]] const void* address) noexcept {
#if defined(__GNUC__)
    __builtin_prefetch(address, 1);
#endif
}

}  // namespace kingbolt::engine
