#pragma once
// A run, as GatheredSends makes it.

#include <kingbolt/core/frame.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

/// The messages of `frames`, two or more, as one run.
inline kingbolt::Frame run_of(std::span<const kingbolt::Frame> frames) {
    std::size_t size = 0;
    for (const auto& frame : frames) size += frame.wire().size();
    kingbolt::Frame::Draft draft{size};
    std::byte* to = draft.bytes();
    for (const auto& frame : frames) to = std::ranges::copy(frame.wire(), to).out;
    return draft.frame(size, static_cast<std::uint32_t>(frames.size())).compact();
}
