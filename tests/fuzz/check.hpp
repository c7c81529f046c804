#pragma once
// What a fuzz target needs besides the input: chance that the input itself decides, and a way to say that something must hold.

#include <kingbolt/engine/random.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace kingbolt::fuzz {

/// Ends the process, which is how a fuzzer is told; the input is kept.
inline void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

/// The same for the same input, so that a finding can be replayed (FNV-1a).
inline engine::Random random_of(std::string_view input) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : input) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return engine::Random{hash};
}

}  // namespace kingbolt::fuzz
